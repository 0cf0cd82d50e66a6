using Federation.Application.Settings;
using Federation.Host.Serving;

namespace Federation.Host.Options;

/// <summary>How tenants reach the gateway by HTTPS: by a certificate of its own, or by a proxy in front that ends TLS.</summary>
public sealed class TlsSection
{
    /// <summary>PEM file of the certificate, its intermediates after it: a Secret's <c>tls.crt</c>. Read again when it changes.</summary>
    [Followed]
    public string Certificate { get; set; } = "";

    /// <summary>PEM file of its private key, unencrypted: <c>tls.key</c>. Read again with it.</summary>
    [Followed]
    public string Key { get; set; } = "";

    /// <summary>A proxy of the administrator's ends TLS and passes plain HTTP on: the registered endpoint may be https all the same.</summary>
    public bool Terminated { get; set; }

    internal IEnumerable<string> Faults(bool listensTls, TimeProvider clock)
    {
        if (!listensTls && (Certificate.Length > 0 || Key.Length > 0))
            yield return "Tls:Certificate and Key are set, but Federation:Listen has no https address: nothing would be encrypted. Write https there.";
        if (!listensTls) yield break;
        if (Certificate.Length == 0 || Key.Length == 0)
            yield return "Tls:Certificate and Tls:Key are missing, and Federation:Listen has an https address: name the two PEM files, or listen on http and set Tls:Terminated where a proxy in front ends TLS.";
        // One that has ended keeps no operator away: leases are metered and settled without it, and the gateway says so (decision 0201).
        else if (CertificateFiles.Read(this, clock.GetUtcNow()) is (null, var fault))
            yield return fault;
    }
}
