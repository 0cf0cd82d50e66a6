using System.Net;

namespace Federation.Host.Options;

/// <summary>The admission webhook: where it listens, and how the API server reaches it.</summary>
public sealed class WebhookSection
{
    private static readonly TimeSpan ShortestLifetime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(365);

    /// <summary>Without it the operator refuses the same things itself, in conditions instead of at once.</summary>
    public bool Enabled { get; set; }

    /// <summary>Address of this machine or pod that it listens on.</summary>
    public string Address { get; set; } = "0.0.0.0";

    /// <summary>Port there.</summary>
    public int Port { get; set; } = 9443;

    /// <summary>For an operator outside of the cluster: https URL of that port as the API server reaches it. Empty: by the Service.</summary>
    public string Url { get; set; } = "";

    /// <summary>Service in the operator's namespace that leads to that port; it publishes addresses that are not ready.</summary>
    public string ServiceName { get; set; } = "";

    /// <summary>Port of that Service.</summary>
    public int ServicePort { get; set; } = 443;

    /// <summary>User that the operator is in the cluster; empty: the API server is asked.</summary>
    public string OperatorUser { get; set; } = "";

    /// <summary>Of the serving certificate, which the operator makes and renews.</summary>
    public TimeSpan CertificateLifetime { get; set; } = TimeSpan.FromDays(90);

    public IEnumerable<string> Faults()
    {
        if (!Enabled) yield break;
        if (!IPAddress.TryParse(Address, out _)) yield return $"Webhook:Address '{Address}' is no IP address.";
        if (Port is < 1 or > 65535) yield return $"Webhook:Port {Port} is no port.";
        if (ServicePort is < 1 or > 65535) yield return $"Webhook:ServicePort {ServicePort} is no port.";
        if (Url.Length > 0 == ServiceName.Length > 0) yield return "Webhook:Url or Webhook:ServiceName must be set, and only one: how the API server reaches it.";
        if (Url.Length > 0 && !IsReachable(Url)) yield return $"Webhook:Url '{Url}' is no https URL without user, query and fragment.";
        if (CertificateLifetime < ShortestLifetime || CertificateLifetime > LongestLifetime)
            yield return $"Webhook:CertificateLifetime must be from {ShortestLifetime.TotalSeconds:0} s to {LongestLifetime.TotalDays:0} days.";
    }

    private static bool IsReachable(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "https", Host.Length: > 0, UserInfo: "", Query: "", Fragment: "" };
}
