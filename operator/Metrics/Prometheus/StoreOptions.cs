using Federation.Application.Settings;

namespace Federation.Metrics.Prometheus;

/// <summary>Where a store of samples answers, how it knows who asks, and how much of an answer is read.</summary>
public class StoreOptions
{
    /// <summary>Base address of a Prometheus-compatible HTTP API, with any path prefix; <c>/api/v1/query</c> is added to it.</summary>
    public Uri? Url { get; set; }

    /// <summary>File with a bearer token; read for every query, because tokens rotate. Empty: none.</summary>
    [Followed]
    public string BearerTokenFile { get; set; } = "";

    /// <summary>Whole value of the Authorization header, where it is not a bearer token. Empty: none.</summary>
    public string Authorization { get; set; } = "";

    /// <summary>Further headers by name, e.g. <c>X-Scope-OrgID</c> of a store with tenants of its own.</summary>
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>Certificates (PEM) that the store's own is to be signed by, instead of the system's; read for every connection. Empty: the system's.</summary>
    [Followed]
    public string CaFile { get; set; } = "";

    /// <summary>Certificate (PEM) that we show to the store, with <see cref="ClientKeyFile"/>; read for every connection. Empty: none.</summary>
    [Followed]
    public string ClientCertificateFile { get; set; } = "";

    /// <summary>Its key (PEM).</summary>
    [Followed]
    public string ClientKeyFile { get; set; } = "";

    /// <summary>Longest that one query may take.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Answers above this many bytes are not read.</summary>
    public int MaxResponseBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>Take an answer that the store itself calls incomplete. Off: the window stays open until it answers whole.</summary>
    public bool AcceptWarnings { get; set; }

    /// <summary>All that is wrong, for people; empty when nothing is.</summary>
    public virtual IEnumerable<string> Faults()
    {
        if (Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" }) yield return "Prometheus:Url must be an absolute http or https address.";
        if (Authorization.Length > 0 && BearerTokenFile.Length > 0) yield return "Prometheus: set Authorization or BearerTokenFile, not both.";
        if (Authorization.AsSpan().ContainsAny('\r', '\n')) yield return "Prometheus:Authorization must be one line.";
        foreach (var (name, value) in Headers)
            if (!IsHeaderName(name) || value.AsSpan().ContainsAny('\r', '\n')) yield return $"Prometheus:Headers: '{name}' must be a header's name, and its value one line.";
        if (Headers.Keys.Contains("Authorization", StringComparer.OrdinalIgnoreCase)) yield return "Prometheus:Headers: Authorization has an option of its own.";
        foreach (var (name, file) in new[] { (nameof(CaFile), CaFile), (nameof(ClientCertificateFile), ClientCertificateFile), (nameof(ClientKeyFile), ClientKeyFile) })
            if (file.Length > 0 && !File.Exists(file)) yield return $"Prometheus:{name}: there is no file {file}.";
        if (ClientCertificateFile.Length > 0 != ClientKeyFile.Length > 0) yield return "Prometheus: give ClientCertificateFile and ClientKeyFile, or none of them.";
        if ((CaFile.Length > 0 || ClientCertificateFile.Length > 0) && Url is { Scheme: "http" }) yield return "Prometheus: CaFile and ClientCertificateFile are for an https address.";
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromMinutes(5)) yield return "Prometheus:Timeout must be above 0 and at most 5 minutes.";
        if (MaxResponseBytes is < 64 * 1024 or > 256 * 1024 * 1024) yield return "Prometheus:MaxResponseBytes must be between 64 KiB and 256 MiB.";
    }

    private static bool IsHeaderName(string text) => text.Length > 0 && text.All(c => c == '-' || char.IsAsciiLetterOrDigit(c));
}
