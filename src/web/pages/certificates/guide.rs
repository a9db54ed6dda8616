//! How people get the file: from Windows, from PEM, from a PFX, from a package that was signed.

use maud::{Markup, html};

use crate::web::pages::components::{card, code_block};

const POWERSHELL: &str = "Get-ChildItem Cert:\\CurrentUser\\My -CodeSigningCert\nExport-Certificate -Cert Cert:\\CurrentUser\\My\\THUMBPRINT -FilePath signer.cer";
const FROM_PEM: &str = "openssl x509 -in signer.pem -outform DER -out signer.cer";
const FROM_PFX: &str = "openssl pkcs12 -in signer.pfx -nokeys -clcerts | openssl x509 -outform DER -out signer.cer";
const CHAIN_FROM_PFX: &str = "openssl pkcs12 -in signer.pfx -nokeys -cacerts -out above.pem";
const FROM_PFX_WINDOWS: &str =
    "(Get-PfxData -FilePath signer.pfx).EndEntityCertificates | Export-Certificate -FilePath signer.cer";
const FROM_PACKAGE: &str = "unzip -p Contoso.Core.1.0.0.nupkg .signature.p7s > signature.p7s\nopenssl cms -verify -noverify -inform DER -in signature.p7s -signer signer.pem -out /dev/null\nopenssl x509 -in signer.pem -outform DER -out signer.cer";
const FINGERPRINT: &str = "openssl x509 -in signer.cer -noout -fingerprint -sha256";
const FINGERPRINT_OF_PACKAGE: &str = "dotnet nuget verify Contoso.Core.1.0.0.nupkg --verbosity normal";

pub(super) fn guide() -> Markup {
    let content = html! {
        p { "The file holds the certificate alone, never its private key: it may be given to anybody." }
        details {
            summary { "On Windows, from the certificate store" }
            ol {
                li { "Press Windows+R, type " code { "certmgr.msc" } ", and open Personal, then Certificates." }
                li { "Right-click the certificate, choose All Tasks, then Export." }
                li { "Choose “No, do not export the private key”, then “DER encoded binary X.509 (.CER)”." }
            }
            (code_block("PowerShell", POWERSHELL))
        }
        details {
            summary { "From a PEM file" }
            p { "A file with exactly one CERTIFICATE block is taken as it is. To make a .cer of it:" }
            (code_block("openssl", FROM_PEM))
        }
        details {
            summary { "From a PFX" }
            (code_block("openssl: the certificate", FROM_PFX))
            (code_block("openssl: the certificates above it", CHAIN_FROM_PFX))
            (code_block("PowerShell", FROM_PFX_WINDOWS))
        }
        details {
            summary { "From a package that is signed" }
            (code_block("unzip and openssl", FROM_PACKAGE))
        }
        details {
            summary { "Compare the fingerprint" }
            p { "What is registered is known by its SHA-256. It must be the one that signed." }
            (code_block("openssl", FINGERPRINT))
            (code_block("dotnet, for a package", FINGERPRINT_OF_PACKAGE))
        }
    };
    card("Where the file comes from", content)
}
