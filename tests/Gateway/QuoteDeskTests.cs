using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Domain.Leases;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Federation.Gateway.Tests;

/// <summary>A tenant's operator asks gateways: real ones, ones that are not there, and ones that it must not ask.</summary>
public sealed class QuoteDeskTests
{
    private static readonly PreparedOrder Order = new(Samples.Request, LeaseId.Parse("0x" + new string('1', 64)), "0x" + new string('a', 130));

    [Fact]
    public async Task Gateway_IsAskedWithTheSignature_AndItsAnswerComesBack()
    {
        var quoter = new ScriptedQuoter(_ => new QuoteResult(Samples.Offer, "", ""));
        await using var gateway = await RunningGateway.StartAsync(quoter);
        using var desk = new HttpQuoteDesk(new QuoteDeskOptions { AllowHttp = true }, TimeProvider.System);
        var answer = await desk.QuoteAsync(gateway.Http.BaseAddress!.AbsoluteUri, Order, default);
        Assert.Equal(Samples.Offer, answer.Answer);
        Assert.Equal(Order.Signature, Assert.Single(quoter.Asked).Signature);
    }

    [Fact]
    public async Task RefusalAndSilence_AreAnswers()
    {
        await using var gateway = await RunningGateway.StartAsync(new ScriptedQuoter(_ => QuoteResult.Refuse("NotEnoughGpu", "Free: 0 of 4.")));
        using var desk = new HttpQuoteDesk(new QuoteDeskOptions { AllowHttp = true }, TimeProvider.System);
        var refused = await desk.QuoteAsync(gateway.Http.BaseAddress!.AbsoluteUri, Order, default);
        Assert.Null(refused.Answer);
        Assert.Equal(("NotEnoughGpu", "Free: 0 of 4."), (refused.Reason, refused.Message));
        Assert.Equal("NoAnswer", (await desk.QuoteAsync("http://127.0.0.1:1", Order, default)).Reason);
        Assert.Equal("NoAnswer", (await desk.AmendAsync("http://127.0.0.1:1", Order, default)).Reason);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("file:///etc/passwd")]
    [InlineData("not an address")]
    [InlineData("")]
    public async Task EndpointThatIsNotHttps_IsNotAsked(string endpoint)
    {
        using var desk = new HttpQuoteDesk(new QuoteDeskOptions(), TimeProvider.System);
        Assert.Equal("EndpointNotHttps", (await desk.QuoteAsync(endpoint, Order, default)).Reason);
    }

    /// <summary>Certificates that datacenters made for themselves may all have one name.</summary>
    [Fact]
    public async Task AuthoritiesOfOneName_EachIsTrusted_AndNoStrangerOfThatName()
    {
        using X509Certificate2 first = NewCertificate(), second = NewCertificate(), stranger = NewCertificate();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, first.ExportCertificatePem() + "\n" + second.ExportCertificatePem() + "\n");
        using var desk = new HttpQuoteDesk(new QuoteDeskOptions { AuthorityFile = file }, TimeProvider.System);
        Assert.DoesNotContain("SSL", await AskAsync(desk, first), StringComparison.Ordinal);
        Assert.DoesNotContain("SSL", await AskAsync(desk, second), StringComparison.Ordinal);
        Assert.Contains("SSL", await AskAsync(desk, stranger), StringComparison.Ordinal);
        File.Delete(file);
    }

    // What a server with that certificate, which knows no quotes, is said to have answered.
    private static async Task<string> AskAsync(HttpQuoteDesk desk, X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate))).UseKestrelHttpsConfiguration();
        await using var app = builder.Build();
        await app.StartAsync();
        var answer = await desk.QuoteAsync(app.Urls.Single(), Order, default);
        Assert.Null(answer.Answer);
        return answer.Message;
    }

    private static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddHours(1));
    }
}
