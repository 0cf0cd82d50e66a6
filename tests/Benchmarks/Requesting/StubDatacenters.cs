using System.Net;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Federation.Application.Ports;
using Federation.Gateway.Wire;
using Federation.Testing.Builders;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Benchmarks.Requesting;

/// <summary>Gateways that answer a Request with an Offer at once, each at an address of its own, by https.</summary>
internal sealed class StubDatacenters : IAsyncDisposable
{
    private const int Port = 18443;

    private readonly WebApplication app;
    private readonly X509Certificate2 certificate;

    private StubDatacenters(WebApplication app, X509Certificate2 certificate) => (this.app, this.certificate) = (app, certificate);

    /// <param name="prices">Of a core, by provider.</param>
    /// <param name="authorityFile">Where the certificate is written that all of them show.</param>
    /// <param name="now">Unix seconds.</param>
    public static async Task<StubDatacenters> StartAsync(IReadOnlyDictionary<string, BigInteger> prices, string authorityFile, Func<long> now)
    {
        string[] providers = [.. prices.Keys];
        var certificate = Certificate([.. providers.Select((_, i) => AddressOf(i))]);
        await File.WriteAllTextAsync(authorityFile, certificate.ExportCertificatePem());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            for (var i = 0; i < providers.Length; i++) kestrel.Listen(AddressOf(i), Port, listen => listen.UseHttps(certificate));
        });
        var app = builder.Build();
        app.MapPost("/v1/quotes", async context =>
        {
            var asked = (await context.Request.ReadFromJsonAsync<QuoteBody>(GatewayJson.Options))!.Request;
            var provider = providers[IndexOf(context.Connection.LocalIpAddress!)];
            var terms = Some.Offer with { Resources = asked.Resources, Prices = asked.MaxPrices with { Cpu = prices[provider] }, MinCharge = 0, ExpiresAt = now() + 60 };
            await context.Response.WriteAsJsonAsync(new SignedOffer(provider, asked.Token, $"0x{asked.Salt}", terms, 0, "0xkey"), GatewayJson.Options);
        });
        await app.StartAsync();
        return new StubDatacenters(app, certificate);
    }

    /// <summary>Of the datacenter with that place among the prices.</summary>
    public static string EndpointOf(int index) => $"https://{AddressOf(index)}:{Port}";

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        certificate.Dispose();
    }

    // All of 127/8 is this machine's.
    private static IPAddress AddressOf(int index) => new([127, 0, 10, (byte)(index + 1)]);

    private static int IndexOf(IPAddress address) => address.MapToIPv4().GetAddressBytes()[3] - 1;

    private static X509Certificate2 Certificate(IReadOnlyList<IPAddress> addresses)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateways", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var address in addresses) names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
    }
}
