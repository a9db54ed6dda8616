//! Tables: dense where there is room, and one labelled card a row where there is not.

use maud::{Markup, Render, html};

/// A table. Its first column names the row.
#[derive(Clone)]
#[must_use]
pub(in crate::web) struct Table {
    caption: String,
    columns: Vec<Column>,
    rows: Vec<(Vec<Markup>, bool)>,
    empty: Markup,
}

#[derive(Clone)]
struct Column {
    heading: String,
    class: Option<&'static str>,
}

impl Table {
    /// An empty table; `caption` says what it lists, and is heard, not seen: the heading above says it already.
    pub fn new(caption: impl Into<String>) -> Self {
        Self {
            caption: caption.into(),
            columns: Vec::new(),
            rows: Vec::new(),
            empty: html! { "There is nothing yet." },
        }
    }

    /// A column of texts.
    pub fn column(self, heading: impl Into<String>) -> Self {
        self.with(heading.into(), None)
    }

    /// A column of numbers, which stand right.
    pub fn numbers(self, heading: impl Into<String>) -> Self {
        self.with(heading.into(), Some("number"))
    }

    /// The last column, of buttons.
    pub fn actions(self) -> Self {
        self.with("Actions".to_owned(), Some("row-actions"))
    }

    /// What stands instead of the table while it has no rows: why, and what to do.
    pub fn empty(self, text: impl Render) -> Self {
        Self { empty: text.render(), ..self }
    }

    /// One more row, with a cell for each column.
    pub fn row(mut self, cells: impl IntoIterator<Item = Markup>) -> Self {
        self.rows.push((cells.into_iter().collect(), false));
        self
    }

    /// One more row that counts no longer: removed, expired, used.
    pub fn muted_row(mut self, cells: impl IntoIterator<Item = Markup>) -> Self {
        self.rows.push((cells.into_iter().collect(), true));
        self
    }

    fn with(mut self, heading: String, class: Option<&'static str>) -> Self {
        self.columns.push(Column { heading, class });
        self
    }
}

/// The roles are those that the elements have anyway; browsers forget them when the style makes cards of the rows.
impl Render for Table {
    fn render(&self) -> Markup {
        html! {
            @if self.rows.is_empty() { p.empty { (self.empty) } }
            @else {
                div.table {
                    table role="table" {
                        caption.unseen { (self.caption) }
                        thead role="rowgroup" {
                            tr role="row" {
                                @for column in &self.columns {
                                    th scope="col" role="columnheader" class=[column.class] {
                                        @if column.class == Some("row-actions") { span.unseen { (column.heading) } }
                                        @else { (column.heading) }
                                    }
                                }
                            }
                        }
                        tbody role="rowgroup" {
                            @for (cells, muted) in &self.rows {
                                tr class=[muted.then_some("muted")] role="row" {
                                    @for (number, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
                                        @if number == 0 { th scope="row" role="rowheader" data-label=(column.heading) { (cell) } }
                                        @else { td role="cell" class=[column.class] data-label=(column.heading) { (cell) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
