using System.Security.Cryptography.X509Certificates;
using Federation.Cli.Output;
using Federation.Gateway;

namespace Federation.Cli.Access;

/// <summary>Connections to gateways, by what the registry says of where they are.</summary>
internal sealed class GatewayDoor(QuoteDeskOptions options, TimeProvider clock) : IDisposable
{
    /// <summary>A leader that is killed is followed by another one within these.</summary>
    public static readonly TimeSpan LeaderPatience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly GatewayTrust? trust = options.AuthorityFile.Length > 0 ? new GatewayTrust(options.AuthorityFile) : null;
    private readonly List<IDisposable> opened = [];

    /// <summary>Whose word the last gateway's certificate was trusted by; null: the system's.</summary>
    public X509Certificate2? Root => trust?.Root;

    /// <summary>The endpoint, if it may be talked to.</summary>
    /// <exception cref="CliException">It is no https address.</exception>
    public Uri Checked(string endpoint) => Uri.TryCreate(endpoint, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || (options.AllowHttp && url.Scheme == Uri.UriSchemeHttp))
        ? url
        : throw new CliException(ExitCodes.Refused, $"Its endpoint in the registry is '{Printable.Line(endpoint)}', which is no https address: what is sent there everybody on the way could read. gateways.allowHttp allows http.");

    /// <summary>A client of that endpoint; it lives as long as this.</summary>
    public HttpClient Open(Uri endpoint)
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = ConnectTimeout, AllowAutoRedirect = false };
        if (trust is not null) handler.SslOptions = trust.Tls();
        var http = new HttpClient(handler) { BaseAddress = endpoint, Timeout = Patience };
        opened.Add(http);
        return http;
    }

    /// <summary>What that gateway says of itself is asked by this; between two leaders it waits for the next one.</summary>
    public GatewayClient Ask(Uri endpoint) => new(Open(endpoint), new LeaderWait(LeaderPatience, clock));

    public void Dispose()
    {
        foreach (var one in opened) one.Dispose();
    }
}
