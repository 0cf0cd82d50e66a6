using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Federation.Metrics.Prometheus;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Federation.Metrics.Tests.Prometheus;

/// <summary>A store that knows its clients by certificate and its tenants by header, as Mimir behind a proxy does; over real TLS.</summary>
public sealed class StoreTlsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("store-tls").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task OwnAuthority_ClientCertificate_AndHeader_AreUsed_AndRenewedOnesToo()
    {
        using var authority = Authority("good");
        await using var store = await StoreAsync(authority);
        var options = Options(store, authority);
        using var http = new HttpClient(StoreTls.Handler(options));
        var client = new PrometheusClient(http, options, TimeProvider.System);
        Write("client", Issue(authority, "first"));
        Assert.Equal("first team", await WhoAsync(client));

        // Another connection, as after some minutes.
        Write("client", Issue(authority, "second"));
        using var later = new HttpClient(StoreTls.Handler(options));
        Assert.Equal("second team", await WhoAsync(new PrometheusClient(later, options, TimeProvider.System)));
    }

    [Fact]
    public async Task StoreOfAnotherAuthority_IsRefused()
    {
        using var good = Authority("good");
        using var other = Authority("other");
        await using var store = await StoreAsync(other);
        Write("client", Issue(good, "first"));
        var options = Options(store, good);
        using var http = new HttpClient(StoreTls.Handler(options));
        var error = await Assert.ThrowsAsync<PrometheusException>(() => WhoAsync(new PrometheusClient(http, options, TimeProvider.System)));
        Assert.Contains("could not be asked", error.Message, StringComparison.Ordinal);
    }

    private static async Task<string> WhoAsync(PrometheusClient client) => Assert.Single((await client.QueryAsync("up", 0, default)).Series).Label("who");

    private PrometheusOptions Options(WebApplication store, X509Certificate2 authority)
    {
        File.WriteAllText(Path.Combine(folder, "ca.pem"), authority.ExportCertificatePem());
        return new PrometheusOptions
        {
            Url = new Uri(store.Urls.Single()), AnyJob = true, CaFile = Path.Combine(folder, "ca.pem"), Headers = { ["X-Scope-OrgID"] = "team" },
            ClientCertificateFile = Path.Combine(folder, "client.pem"), ClientKeyFile = Path.Combine(folder, "client.key"),
        };
    }

    private void Write(string name, X509Certificate2 certificate)
    {
        File.WriteAllText(Path.Combine(folder, $"{name}.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, $"{name}.key"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        certificate.Dispose();
    }

    private static async Task<WebApplication> StoreAsync(X509Certificate2 authority)
    {
        var own = Issue(authority, "store");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
        {
            // A key that was only made in memory is no server's on every platform.
            https.ServerCertificate = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.AllowAnyClientCertificate();
        })));
        var app = builder.Build();
        app.MapPost("/api/v1/query", async (HttpContext context) => await context.Response.WriteAsync(
            $$$"""{"status":"success","data":{"resultType":"vector","result":[{"metric":{"who":"{{{context.Connection.ClientCertificate!.Subject[3..]}}} {{{context.Request.Headers["X-Scope-OrgID"]}}}"},"value":[0,"1"]}]}}"""));
        await app.StartAsync();
        return app;
    }

    private static X509Certificate2 Authority(string name)
    {
        var request = new CertificateRequest($"CN={name}", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddHours(2));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string name)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.Create(authority, TimeProvider.System.GetUtcNow().AddMinutes(-30), TimeProvider.System.GetUtcNow().AddHours(1), RandomNumberGenerator.GetBytes(8)).CopyWithPrivateKey(key);
    }
}
