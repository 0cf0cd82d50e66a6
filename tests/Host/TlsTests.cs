using System.Net;
using Federation.Host.Options;
using Federation.Host.Serving;
using Federation.Host.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests;

/// <summary>The gateway's HTTPS: on real sockets, with files as a Secret's mount has them.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly Pair pair = new();

    [Fact]
    public async Task NewFiles_ShowOnTheNextConnection_WithoutARestart()
    {
        await using var app = await ServeAsync();
        var certificate = app.Services.GetRequiredService<ServingCertificate>();
        var shown = new List<string>();
        using var http = pair.Client(shown.Add);
        var url = new Uri(app.Urls.First());
        Assert.Equal("ok", await http.GetStringAsync(url));
        certificate.Look();
        Assert.Equal("ok", await http.GetStringAsync(url));
        Assert.Single(shown.Distinct());

        using var renewed = pair.Write();
        certificate.Look();
        Assert.Equal("ok", await http.GetStringAsync(url));
        Assert.Equal(renewed.SerialNumber, shown[^1]);
    }

    [Fact]
    public async Task FilesThatCannotBeServed_ChangeNothing_UntilTheyCan()
    {
        await using var app = await ServeAsync();
        var certificate = app.Services.GetRequiredService<ServingCertificate>();
        var shown = new List<string>();
        using var http = pair.Client(shown.Add);
        var url = new Uri(app.Urls.First());
        // Half of a rotation, and one that had ended when it came.
        var key = await File.ReadAllTextAsync(pair.Key);
        using var next = pair.Write();
        var nextKey = await File.ReadAllTextAsync(pair.Key);
        await File.WriteAllTextAsync(pair.Key, key);
        certificate.Look();
        Assert.Equal("ok", await http.GetStringAsync(url));
        Assert.NotEqual(next.SerialNumber, shown[^1]);
        await File.WriteAllTextAsync(pair.Key, nextKey);
        certificate.Look();
        Assert.Equal("ok", await http.GetStringAsync(url));
        Assert.Equal(next.SerialNumber, shown[^1]);
        using var ended = pair.Write(endsIn: -0.5);
        certificate.Look();
        Assert.Equal("ok", await http.GetStringAsync(url));
        Assert.Equal(next.SerialNumber, shown[^1]);
    }

    public static TheoryData<string, string> Broken => new()
    {
        { "other key", "does not go with the certificate" },
        { "no key", "Federation:Tls:Key: '" },
        { "no certificate", "holds no certificate in PEM" },
        { "rubbish", "holds no certificate in PEM" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void PairThatCannotBeServed_IsRefusedAtStart_WithItsReason(string how, string reason)
    {
        Assert.Empty(OptionsCheck.Faults(Https()));
        Break(how);
        var fault = Assert.Single(OptionsCheck.Faults(Https()));
        Assert.StartsWith("Federation:Tls:", fault, StringComparison.Ordinal);
        Assert.Contains(reason, fault, StringComparison.Ordinal);
    }

    // Leases are metered and settled without it: an operator that is moved to another node must come up.
    [Theory]
    [InlineData("ended", "ended at")]
    [InlineData("future", "is good only from")]
    public async Task CertificateOutOfItsTime_IsServedAndSaid_UntilAGoodOneIsThere(string how, string reason)
    {
        Break(how);
        Assert.Empty(OptionsCheck.Faults(Https()));
        await using var app = await ServeAsync();
        var certificate = app.Services.GetRequiredService<ServingCertificate>();
        var endpoint = new Uri("https://localhost:8443");
        Assert.Contains(reason, GatewayTls.FaultOf(endpoint, Https(), certificate), StringComparison.Ordinal);
        using (var trusting = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=localhost" } }))
            Assert.Equal("ok", await trusting.GetStringAsync(new Uri(app.Urls.First())));

        using var renewed = pair.Write();
        certificate.Look();
        Assert.Null(GatewayTls.FaultOf(endpoint, Https(), certificate));
        using var http = pair.Client();
        Assert.Equal("ok", await http.GetStringAsync(new Uri(app.Urls.First())));
    }

    [Theory]
    [InlineData("https://localhost:8443", "https://0.0.0.0:8443", false, null)]
    [InlineData("https://127.0.0.1/gateway", "https://0.0.0.0:8443", false, null)]
    [InlineData("https://gateway.example", "https://0.0.0.0:8443", false, "not for gateway.example")]
    [InlineData("https://gateway.example", "http://0.0.0.0:8080", false, "speaks no TLS")]
    [InlineData("https://gateway.example", "http://0.0.0.0:8080", true, null)]
    [InlineData("http://gateway.example", "http://0.0.0.0:8080", false, null)]
    [InlineData("http://gateway.example", "https://0.0.0.0:8443", false, "https only")]
    [InlineData("http://gateway.example", "http://0.0.0.0:8080;https://0.0.0.0:8443", false, null)]
    public void RegisteredEndpoint_ThatIsNotServed_IsSaid(string endpoint, string listen, bool terminated, string? fault)
    {
        var options = Https();
        (options.Listen, options.Tls.Terminated) = (listen, terminated);
        using var logs = LoggerFactory.Create(_ => { });
        using var certificate = options.ListensTls ? new ServingCertificate(options, TimeProvider.System, logs.CreateLogger<ServingCertificate>()) : null;
        var said = GatewayTls.FaultOf(new Uri(endpoint), options, certificate);
        if (fault is null) Assert.Null(said);
        else Assert.Contains(fault, said, StringComparison.Ordinal);
    }

    public void Dispose() => pair.Dispose();

    private void Break(string how)
    {
        switch (how)
        {
            case "ended":
                pair.Write(endsIn: -0.5).Dispose();
                break;
            case "future":
                pair.Write(beginsIn: 1).Dispose();
                break;
            case "other key":
                var key = File.ReadAllText(pair.Key);
                pair.Write().Dispose();
                File.WriteAllText(pair.Key, key);
                break;
            case "no key":
                File.Delete(pair.Key);
                break;
            case "no certificate":
                File.WriteAllText(pair.Certificate, "");
                break;
            default:
                File.WriteAllText(pair.Certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
                break;
        }
    }

    private OperatorOptions Https()
    {
        var options = ValidOptions.Make();
        (options.Listen, options.Tls.Certificate, options.Tls.Key) = ("https://127.0.0.1:0", pair.Certificate, pair.Key);
        return options;
    }

    private async Task<WebApplication> ServeAsync()
    {
        var (options, builder) = (Https(), WebApplication.CreateSlimBuilder());
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(options.ListenUrls).UseGatewayTls(options);
        builder.Services.AddSingleton(options).AddSingleton(TimeProvider.System);
        var app = builder.Build();
        app.Run(http => http.Response.WriteAsync("ok"));
        await app.StartAsync();
        return app;
    }
}
