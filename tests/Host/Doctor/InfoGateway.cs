using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Federation.Chain.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests.Doctor;

/// <summary>A gateway that says by HTTPS what it is, with a certificate that nobody else has signed.</summary>
internal sealed class InfoGateway : IAsyncDisposable
{
    private readonly X509Certificate2 certificate = Certificate();
    private readonly WebApplication app;

    private InfoGateway(Market market)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        app = builder.Build();
        app.MapGet("/v1/info", () => Results.Text(InfoOf(market, ChainId), "application/json"));
    }

    /// <summary>That it says it is on.</summary>
    public ulong ChainId { get; set; } = Market.ChainId;

    public Uri Endpoint => new($"https://localhost:{new Uri(app.Urls.Single()).Port}");

    /// <summary>Who trusts it has this.</summary>
    public string Authority => certificate.ExportCertificatePem();

    public static async Task<InfoGateway> StartAsync(Market market)
    {
        var gateway = new InfoGateway(market);
        await gateway.app.StartAsync();
        return gateway;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        certificate.Dispose();
    }

    private static string InfoOf(Market market, ulong chainId) => new JsonObject
    {
        ["name"] = "alpha", ["provider"] = $"{market.Provider.Writer.Address}", ["region"] = "eu-central", ["chainId"] = $"{chainId}", ["market"] = $"{market.Contracts.Market}",
        ["leaseManager"] = $"{market.Contracts.LeaseManager}", ["gpuClasses"] = new JsonArray(), ["noticeSeconds"] = 60, ["activationSeconds"] = 600, ["maxDurationSeconds"] = 86400,
        ["prices"] = new JsonObject
        {
            ["token"] = $"{market.Token}", ["cpu"] = "1", ["memory"] = "1", ["storage"] = "1", ["egress"] = "1", ["gpu"] = new JsonObject(), ["startFee"] = "0", ["minCharge"] = "0", ["reservationFee"] = "0",
            ["noticeSeconds"] = 60, ["activationSeconds"] = 600, ["maxDurationSeconds"] = 86400, ["downtimeBps"] = 0, ["maxRoyaltyBps"] = 0, ["arbiters"] = new JsonArray(),
        },
    }.ToJsonString();

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
    }
}
