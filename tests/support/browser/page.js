// What a person finds on a page, by what stands there. Runs inside of the page; nothing here is served by anybody.

const CONTROLS = "input:not([type=hidden]):not([type=submit]):not([type=button]):not([type=reset]):not([type=image]), select, textarea";
const BUTTONS = "button, [role=button], input[type=submit], input[type=button], input[type=reset], a[href], summary";
const CONTAINERS = "tr, li, form, fieldset, section, article, details, dialog, figure, aside, [role=region], [role=group], dl > div";
const HEADINGS = "h1, h2, h3, h4, h5, h6";

const squeeze = (text) => (text || "").replace(/\s+/g, " ").trim();
const clean = (text) => squeeze(text).replace(/\s*[:*]$/, "").replace(/ \(optional\)$/i, "");
const lower = (text) => clean(text).toLowerCase();
const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
const ownText = (element) =>
    [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent).join(" ");
const referred = (element, attribute) =>
    (element.getAttribute(attribute) || "").split(/\s+/).filter(Boolean).map((id) => document.getElementById(id)?.textContent || "").join(" ");

// A label's text without what is inside of the fields that it surrounds.
function labelText(label) {
    const copy = label.cloneNode(true);
    copy.querySelectorAll("input, select, textarea, button").forEach((field) => field.remove());
    return copy.textContent;
}

// The names by which a field can be called, and shorter ones: without the hint that stands inside of the label.
function fieldNames(field) {
    const names = [field.getAttribute("aria-label"), referred(field, "aria-labelledby"), ...[...(field.labels || [])].map(labelText)];
    return names.map(clean).filter(Boolean);
}

const shortNames = (element) => [element, ...(element.labels || [])].map(ownText).map(clean).filter(Boolean);

function buttonNames(button) {
    const pictures = [...button.querySelectorAll("img[alt], svg[aria-label]")];
    const alternatives = pictures.map((picture) => picture.getAttribute("alt") || picture.getAttribute("aria-label"));
    const value = button.matches("input") ? button.value : "";
    const names = [button.getAttribute("aria-label"), referred(button, "aria-labelledby"), button.innerText, value, ...alternatives];
    return names.map(clean).filter(Boolean);
}

function groupNames(group) {
    const names = [group.querySelector(":scope > legend, :scope > caption")?.textContent, group.getAttribute("aria-label"), referred(group, "aria-labelledby")];
    return names.map(clean).filter(Boolean);
}

// The part of the page that a text stands for: a region of that name, what follows a heading, or the smallest container
// around the text. A function that says whether an element is in it, and its text; null when there is no such part.
function part(text) {
    if (text === null) return { has: () => true, text: () => document.body.innerText };
    const called = [...document.querySelectorAll("nav, form, section, aside, table, fieldset, dialog, [role]")].filter((e) => shown(e) && groupNames(e).some((own) => own.toLowerCase() === lower(text)));
    if (called.length === 1) return { has: (e) => called[0].contains(e), text: () => called[0].innerText };
    const heading = [...document.querySelectorAll(HEADINGS)].find((h) => shown(h) && lower(h.innerText) === lower(text));
    if (heading) {
        const all = [...document.querySelectorAll(HEADINGS)];
        const next = all.slice(all.indexOf(heading) + 1).find((h) => h.tagName <= heading.tagName);
        const main = heading.closest("main") || document.body;
        const after = (a, b) => Boolean(a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING);
        const has = (e) => main.contains(e) && after(heading, e) && !(next && (next === e || after(next, e)));
        const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
        const gather = () => {
            const found = [heading.innerText];
            while (texts.nextNode()) {
                const node = texts.currentNode;
                if (!heading.contains(node) && has(node) && shown(node.parentElement)) found.push(node.textContent);
            }
            return found.join(" ");
        };
        return { has, text: gather };
    }
    const around = [...document.querySelectorAll(CONTAINERS)].filter((c) => shown(c) && lower(c.innerText).includes(lower(text)));
    const smallest = around.filter((c) => !around.some((other) => other !== c && c.contains(other)));
    const exactly = smallest.filter((c) => [...c.querySelectorAll("*")].some((e) => lower(e.textContent) === lower(text)));
    const found = exactly.length ? exactly : smallest;
    if (!found.length) return null;
    return { has: (e) => found.some((c) => c.contains(e)), text: () => found.map((c) => c.innerText).join("\n") };
}

// The best of `elements` for `name`: full names before short ones, the page's own before header and footer, buttons before
// links. Several links to one place are one.
function best(elements, names, name) {
    const among = (list) => list.some((own) => own.toLowerCase() === lower(name));
    const rank = (element) => {
        const match = among(names(element)) ? 5 : among(shortNames(element)) ? 1 : 0;
        return match && match + (element.closest("main, dialog") ? 16 : 0) + (element.matches("a, summary") ? 0 : 2);
    };
    const ranked = elements.map((element) => [rank(element), element]).filter(([value]) => value > 0);
    const top = Math.max(0, ...ranked.map(([value]) => value));
    const found = ranked.filter(([value]) => value === top).map(([, element]) => element);
    const places = new Set(found.map((element) => element.href || element));
    return places.size === 1 ? found.slice(0, 1) : found;
}

// A box that is drawn by its label has no size of its own: then the label is what a person clicks.
const clickable = (box) => (shown(box) && box.getBoundingClientRect().width > 2 ? box : [...box.labels].find(shown) || box);

// Looks for something: { found, there, missing }. `there` are the names that could have been asked for.
function find(what, name, option, within) {
    const inside = part(within);
    if (!inside) return { found: [], there: [], missing: true };
    const kinds = { box: "input[type=checkbox], input[type=radio]", file: "input[type=file]" };
    const hidden = what === "box" || what === "file" || what === "choice";
    const all = (selector) => [...document.querySelectorAll(selector)].filter((e) => inside.has(e) && (hidden || shown(e)));
    const firsts = (elements, names) => [...new Set(elements.map((e) => names(e)[0] || `<${e.tagName.toLowerCase()}> without a name`))];
    if (what === "button") {
        const buttons = all(BUTTONS);
        return { found: best(buttons, buttonNames, name), there: firsts(buttons, buttonNames) };
    }
    if (what === "choice") {
        const selects = all("select");
        const groups = all("fieldset, [role=radiogroup], [role=group]");
        const [select] = best(selects, fieldNames, name);
        const [group] = best(groups, groupNames, name);
        const options = select ? [...select.options] : group ? [...group.querySelectorAll("input[type=radio]")] : [];
        const names = (e) => (e.matches("option") ? [clean(e.text)] : fieldNames(e));
        const found = best(options, names, option);
        const there = options.length ? firsts(options, names) : [...firsts(selects, fieldNames), ...firsts(groups, groupNames)];
        return { found: select ? found : found.map(clickable), there };
    }
    const fields = all(kinds[what] || CONTROLS);
    const found = best(fields, fieldNames, name);
    return { found, clicks: what === "box" ? found.map(clickable) : [], there: firsts(fields, fieldNames) };
}

// The visible text of a part of the page; null when there is no such part.
const seen = (within) => (document.body && part(within)?.text()) ?? null;

// Whether another page comes when `element` is clicked, or Enter pressed on it.
function leaves(element) {
    const link = element.closest("a[href]");
    const here = (url) => url.split("#")[0] === location.href.split("#")[0];
    if (link) return !link.target && !link.hasAttribute("download") && !(link.hash && here(link.href));
    const form = element.form;
    const submits = element.matches("button[type=submit], button:not([type]), input:not([type=checkbox]):not([type=radio]):not([type=file]):not([type=button])");
    return Boolean(form) && submits && !element.disabled && form.method !== "dialog" && (form.noValidate || form.checkValidity());
}
