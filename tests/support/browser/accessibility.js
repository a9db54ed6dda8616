// What keeps somebody with a keyboard, a screen reader or tired eyes from using the page that is open: a list of sentences.
// Numbers in brackets are success criteria of WCAG 2.2.

const complaints = [];
const describe = (element) => {
    const start = element.cloneNode(false).outerHTML.replace(/<\/[^>]*>$/, "").slice(0, 140);
    const text = (element.innerText || "").replace(/\s+/g, " ").trim().slice(0, 40);
    return text ? `${start}${text}…` : start;
};
const complain = (sentence, element) => complaints.push(element ? `${sentence}: ${describe(element)}` : sentence);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const drawn = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
const large = (element) => element.getBoundingClientRect().width > 2 && element.getBoundingClientRect().height > 2;
// What is there for screen readers only: a dot, or clipped to nothing.
const unseen = (element) => {
    for (let e = element; e; e = e.parentElement) if (!large(e) || getComputedStyle(e).clipPath === "inset(50%)") return true;
    return false;
};
const spoken = (element) => !element.closest("[aria-hidden=true]") && element.checkVisibility({ visibilityProperty: true });
const referred = (element, attribute) => (element.getAttribute(attribute) || "").split(/\s+/).filter(Boolean);
const named = (element) => {
    const texts = [element.getAttribute("aria-label"), ...referred(element, "aria-labelledby").map((id) => document.getElementById(id)?.textContent)];
    return texts.some((text) => text?.trim());
};

function wholePage() {
    if (!document.documentElement.lang) complain("the page does not say its language (3.1.1)");
    if (!document.title.trim()) complain("the page has no title (2.4.2)");
    if (!document.querySelector("meta[name=viewport]")) complain("there is no viewport for small screens (1.4.10)");
    const mains = all("main");
    if (mains.length !== 1) complain(`there are ${mains.length} main elements instead of one (1.3.1)`);
    const navigations = all("nav").filter(drawn);
    if (navigations.length > 1) navigations.filter((nav) => !named(nav)).forEach((nav) => complain("one of several nav elements has no name (2.4.6)", nav));
}

function headings() {
    const shown = all("h1, h2, h3, h4, h5, h6").filter(drawn);
    const first = shown.filter((heading) => heading.tagName === "H1");
    if (first.length !== 1) complain(`there are ${first.length} h1 instead of one (1.3.1)`);
    let before = 0;
    for (const heading of shown) {
        const level = Number(heading.tagName[1]);
        if (level > before + 1) complain(`a heading jumps from level ${before} to ${level} (1.3.1)`, heading);
        if (!heading.textContent.trim()) complain("a heading is empty (2.4.6)", heading);
        before = level;
    }
}

function identifiers() {
    const seen = new Set();
    for (const element of all("[id]")) {
        if (seen.has(element.id)) complain(`the id ${element.id} is there twice (4.1.2)`, element);
        seen.add(element.id);
    }
    for (const attribute of ["for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-errormessage"]) {
        for (const element of all(`[${attribute}]`)) {
            const lost = referred(element, attribute).filter((id) => !document.getElementById(id));
            if (lost.length) complain(`${attribute} names ${lost.join(", ")}, which is not there (1.3.1)`, element);
        }
    }
    const here = location.href.split("#")[0];
    for (const link of all("a[href*='#']").filter((a) => a.hash.length > 1 && a.href.split("#")[0] === here)) {
        if (!document.getElementById(decodeURIComponent(link.hash.slice(1)))) complain("a link leads to a part that is not there (2.4.1)", link);
    }
}

function fields() {
    const controls = all("input:not([type=hidden]):not([type=submit]):not([type=button]):not([type=reset]), select, textarea");
    for (const control of controls.filter(spoken)) {
        const labels = [...(control.labels || [])].filter((label) => label.textContent.trim());
        if (!labels.length && !named(control)) complain("a field has no label (1.3.1)", control);
        if (control.matches("[type=password], [type=email]") && !control.autocomplete) complain("a field does not say what fills it: autocomplete (1.3.5)", control);
        if (control.matches("[type=radio]") && !control.closest("fieldset, [role=radiogroup]")) complain("a choice stands in no group with a name (1.3.1)", control);
    }
    for (const group of all("fieldset").filter(spoken)) {
        if (!group.querySelector("legend")?.textContent.trim() && !named(group)) complain("a group of fields has no legend (1.3.1)", group);
    }
}

function controls() {
    for (const button of all("button, [role=button], a[href], summary, input[type=submit], input[type=button]").filter(spoken)) {
        const pictures = all("img[alt], svg[aria-label], svg title", button).some((p) => (p.alt || p.getAttribute("aria-label") || p.textContent).trim());
        const text = button.matches("input") ? button.value : button.textContent;
        if (!text.trim() && !pictures && !named(button)) complain("a button or link has no text (4.1.2)", button);
    }
    all("img:not([alt])").forEach((image) => complain("a picture has no alt (1.1.1)", image));
    all("svg").filter((svg) => spoken(svg) && !named(svg) && !svg.querySelector("title") && !svg.closest("button, a")).forEach((svg) =>
        complain("a drawing is neither named nor hidden from screen readers (1.1.1)", svg));
    all("[tabindex]").filter((element) => element.tabIndex > 0).forEach((element) => complain("a tabindex changes the order of the page (2.4.3)", element));
    all("table").filter((table) => spoken(table) && !table.querySelector("th")).forEach((table) => complain("a table has no th (1.3.1)", table));
    all("iframe:not([title])").forEach((frame) => complain("a frame has no title (4.1.2)", frame));
    all("ul > :not(li), ol > :not(li)").forEach((item) => complain("a list holds something that is no item (1.3.1)", item));
}

// Whatever the keyboard reaches must show that it is there.
function focus() {
    const look = (element) => {
        const style = getComputedStyle(element);
        const outline = style.outlineStyle === "none" || style.outlineWidth === "0px" ? "" : `${style.outlineStyle} ${style.outlineWidth} ${style.outlineColor}`;
        return [outline, style.boxShadow, style.borderColor, style.backgroundColor, style.textDecoration].join();
    };
    const reached = all("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']");
    for (const element of reached.filter((e) => drawn(e) && !e.disabled)) {
        document.activeElement.blur();
        const before = look(element);
        element.focus({ preventScroll: true, focusVisible: true });
        const skip = document.activeElement !== element;
        if (!skip && large(element) && look(element) === before) complain("nothing shows that the keyboard is here (2.4.7)", element);
    }
    document.activeElement.blur();
}

const pixel = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
const colours = new Map();
function colour(text) {
    if (!colours.has(text)) {
        pixel.clearRect(0, 0, 1, 1);
        pixel.fillStyle = text;
        pixel.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
        colours.set(text, [r, g, b, a / 255]);
    }
    return colours.get(text);
}
const over = ([r, g, b, a], [r2, g2, b2]) => [r * a + r2 * (1 - a), g * a + g2 * (1 - a), b * a + b2 * (1 - a), 1];
const luminance = (parts) => {
    const [r, g, b] = parts.slice(0, 3).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

// What is behind an element; null when a picture is.
function background(element) {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
        const style = getComputedStyle(e);
        if (style.backgroundImage !== "none") return null;
        layers.push(colour(style.backgroundColor));
        if (layers.at(-1)[3] === 1) break;
    }
    const dark = matchMedia("(prefers-color-scheme: dark)").matches && getComputedStyle(document.documentElement).colorScheme.includes("dark");
    return layers.reverse().reduce((below, layer) => over(layer, below), dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
}

function contrast() {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const elements = new Set(all("input:not([type=hidden]):not([type=checkbox]):not([type=radio]), select, textarea"));
    while (texts.nextNode()) if (texts.currentNode.textContent.trim()) elements.add(texts.currentNode.parentElement);
    const told = new Set();
    for (const element of elements) {
        if (!drawn(element) || unseen(element) || element.closest("script, style, noscript, :disabled, svg, option")) continue;
        const style = getComputedStyle(element);
        const below = background(element);
        if (!below) continue;
        const [one, two] = [luminance(over(colour(style.color), below)), luminance(below)];
        const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
        const size = parseFloat(style.fontSize);
        const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
        const key = `${style.color} ${below}`;
        if (ratio < needed && !told.has(key)) {
            told.add(key);
            complain(`a contrast of ${ratio.toFixed(2)} is below ${needed} (1.4.3), ${style.color} on rgb(${below.slice(0, 3).map(Math.round)})`, element);
        }
    }
}

// What makes the page wider than the window: the innermost elements that stick out and are in nothing that scrolls.
function width() {
    const page = document.scrollingElement;
    if (page.scrollWidth <= page.clientWidth) return;
    const scrolls = (element) => ["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(element).overflowX);
    const inside = (element) => { for (let e = element.parentElement; e && e !== page; e = e.parentElement) if (scrolls(e)) return true; return false; };
    const wide = all("body *").filter((e) => e.getBoundingClientRect().right > page.clientWidth + 1 && drawn(e) && !inside(e));
    const innermost = wide.filter((e) => !wide.some((other) => other !== e && e.contains(other)));
    const names = innermost.slice(0, 3).map(describe).join(" and ");
    complain(`the page is ${page.scrollWidth} pixels wide and scrolls sideways (1.4.10): ${names}`);
}

// Tables of which a part is out of sight, though the page itself fits.
function tables() {
    for (const table of all("table").filter(drawn)) {
        const hidden = table.scrollWidth - table.parentElement.clientWidth;
        if (hidden > 1) complain(`the last ${hidden} pixels of a table are out of sight: ${describe(table)}`);
    }
}

[wholePage, headings, identifiers, fields, controls, contrast, width, tables, focus].forEach((check) => check());
return complaints;
