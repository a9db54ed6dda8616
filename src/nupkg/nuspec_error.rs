//! Why a nuspec is refused.
//!
//! As everywhere in this module, messages are printable ASCII.

use crate::domain::license_expression::InvalidLicenseExpression;
use crate::domain::package_id::InvalidPackageId;
use crate::domain::package_type::InvalidPackageType;
use crate::domain::version::InvalidVersion;
use crate::domain::version_range::InvalidVersionRange;

use super::limits::MAX_DEPENDENCIES;
use super::xml::XmlError;

/// Why a nuspec is refused. Messages name the element; the file is the caller's to name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NuspecError {
    /// No readable XML.
    #[error("the nuspec {0}")]
    Xml(#[from] XmlError),
    /// No `metadata` below the root.
    #[error("the nuspec has no element `metadata`")]
    NoMetadata,
    /// An element that every package needs.
    #[error("element `{element}` is missing or empty")]
    Missing {
        /// Its name.
        element: &'static str,
    },
    /// `id` or `version` given twice: readers would not agree which one counts.
    #[error("element `{element}` stands there more than once")]
    Repeated {
        /// Its name.
        element: &'static str,
    },
    /// The package's own identifier.
    #[error("element `id`: {0}")]
    Id(#[from] InvalidPackageId),
    /// A version of the package itself or of the oldest client.
    #[error("`{name}`: {problem}")]
    Version {
        /// Element or attribute.
        name: &'static str,
        /// The broken rule.
        problem: InvalidVersion,
    },
    /// A text over its limit.
    #[error("`{name}` is longer than {limit} characters")]
    TooLong {
        /// Element or attribute.
        name: &'static str,
        /// The limit in characters.
        limit: usize,
    },
    /// Neither `true` nor `false`.
    #[error("element `{element}` is `{value}` and must be true or false")]
    Flag {
        /// Its name.
        element: &'static str,
        /// The text, made printable.
        value: String,
    },
    /// A dependency whose `id` is missing or wrong.
    #[error("element `dependency` without a proper `id`: {0}")]
    DependencyId(InvalidPackageId),
    /// A dependency whose `version` is wrong.
    #[error("element `dependency` for `{id}`: {problem}")]
    DependencyRange {
        /// The dependency.
        id: String,
        /// The broken rule.
        problem: InvalidVersionRange,
    },
    /// The same dependency twice in a group.
    #[error("the dependency group for `{framework}` names `{id}` more than once")]
    RepeatedDependency {
        /// Target framework, made printable; `any` for none.
        framework: String,
        /// The dependency.
        id: String,
    },
    /// More than [`MAX_DEPENDENCIES`].
    #[error("the nuspec has more than {MAX_DEPENDENCIES} dependencies")]
    TooManyDependencies,
    /// A package type.
    #[error("element `packageType`: {0}")]
    PackageType(#[from] InvalidPackageType),
    /// A licence expression.
    #[error("element `license`: {0}")]
    License(#[from] InvalidLicenseExpression),
}
