using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Federation.Host.Doctor;

namespace Federation.Host.Tests.Doctor;

/// <summary>After a rollout a Service leads, for a moment, to a pod that has gone.</summary>
public sealed class WebhookLookTests : IDisposable
{
    private const string Name = "webhook.test";

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 certificate = Certificate();
    private readonly List<TcpClient> silent = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        listener.Dispose();
        certificate.Dispose();
        foreach (var one in silent) one.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ConnectionThatNobodyAnswers_IsTriedAgain_ByAnother(bool isBrokenOff)
    {
        listener.Start();
        var served = ServeAsync(isBrokenOff);
        await WebhookLook.ReachAsync("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port, Name, certificate.ExportCertificatePem(), Cancellation);
        await served;
    }

    [Fact]
    public async Task WrongCertificate_IsSaidAtOnce()
    {
        listener.Start();
        var served = AnswerAsync();
        using var other = Certificate();
        await Assert.ThrowsAsync<System.Security.Authentication.AuthenticationException>(() =>
            WebhookLook.ReachAsync("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port, Name, other.ExportCertificatePem(), Cancellation));
        await served.ContinueWith(_ => { }, Cancellation, TaskContinuationOptions.None, TaskScheduler.Default);
        Assert.False(listener.Pending());
    }

    // The first connection is taken, and no more; the second is answered.
    private async Task ServeAsync(bool isBrokenOff)
    {
        var first = await listener.AcceptTcpClientAsync(Cancellation);
        if (isBrokenOff) first.Dispose();
        else silent.Add(first);
        await AnswerAsync();
    }

    private async Task AnswerAsync()
    {
        using var client = await listener.AcceptTcpClientAsync(Cancellation);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, Cancellation);
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
    }
}
