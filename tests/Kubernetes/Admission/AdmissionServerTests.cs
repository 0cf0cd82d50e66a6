using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Admission.Certificates;

namespace Federation.Kubernetes.Tests.Admission;

/// <summary>Real TLS on loopback: what comes in may be anything, what goes out is always an answer.</summary>
public sealed class AdmissionServerTests
{
    private static readonly JsonObject Good = new() { ["a"] = "1" };
    private static readonly JsonObject Bad = new() { ["forbidden"] = "1" };

    public static TheoryData<string, string> Malformed => new()
    {
        { "empty", "" },
        { "cut off", "{\"kind\":" },
        { "null", "null" },
        { "a list", "[]" },
        { "a number", "1" },
        { "nothing in it", "{}" },
        { "another kind", """{"kind":"Pod","apiVersion":"v1"}""" },
        { "another version", """{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1","request":{"uid":"u"}}""" },
        { "no request", """{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}""" },
        { "no uid", """{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"operation":"CREATE"}}""" },
        { "uid of another type", """{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":{}}}""" },
        { "unknown operation", """{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","operation":"SHAKE"}}""" },
        { "deep", new string('[', 1_000_000) },
        { "not Unicode", "\ud800" },
    };

    [Fact]
    public async Task Allowed_AnswersTheUid_AndWarns()
    {
        await using var server = await LoopbackServer.StartAsync(ScriptedWebhook.RefusingForbidden());

        var answer = await server.ReviewAsync(Good);

        Assert.Equal("u-1", (string?)answer["uid"]);
        Assert.True((bool)answer["allowed"]!);
        Assert.Equal("mind the gap", (string?)answer["warnings"]![0]);
    }

    [Theory]
    [InlineData("CREATE")]
    [InlineData("UPDATE")]
    public async Task Denied_NamesTheField(string operation)
    {
        await using var server = await LoopbackServer.StartAsync(ScriptedWebhook.RefusingForbidden());

        var answer = await server.ReviewAsync(Bad, operation);

        Assert.False((bool)answer["allowed"]!);
        Assert.Equal(422, (int)answer["status"]!["code"]!);
        Assert.Equal("data[forbidden]", (string?)answer["status"]!["details"]!["causes"]![0]!["field"]);
        Assert.Contains("data[forbidden]: may not be there.", (string?)answer["status"]!["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deletion_IsAskedAboutTheOldObject()
    {
        await using var server = await LoopbackServer.StartAsync(ScriptedWebhook.RefusingForbidden());

        Assert.Equal(403, (int)(await server.ReviewAsync(Good, "DELETE"))["status"]!["code"]!);
    }

    [Fact]
    public async Task WhoAsks_AndThatItIsATrial_ReachTheWebhook()
    {
        AdmissionRequest? seen = null;
        await using var server = await LoopbackServer.StartAsync(new ScriptedWebhook { OnWrite = (_, request) => Task.FromResult(((Func<ValidationResult>)(() => { seen = request; return ValidationResult.Success(); }))()) });

        await server.ReviewAsync(Good, dryRun: true);

        Assert.True(seen!.DryRun);
        Assert.Equal("somebody", seen.UserInfo.Username);
        Assert.DoesNotContain("\"1\"", seen.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task MalformedBody_IsRefused_AndTheServerGoesOn(string what, string body)
    {
        await using var server = await LoopbackServer.StartAsync(ScriptedWebhook.RefusingForbidden());

        var (status, _, text) = await server.PostAsync(what == "not Unicode" ? [0x7b, 0xff, 0xfe] : Encoding.UTF8.GetBytes(body));

        Assert.True(status == HttpStatusCode.BadRequest, $"{what}: {status} {text}");
        Assert.True((bool)(await server.ReviewAsync(Good))["allowed"]!);
    }

    [Fact]
    public async Task OversizedReview_IsDeniedByItsUid_WithTheReason()
    {
        await using var server = await LoopbackServer.StartAsync(ScriptedWebhook.RefusingForbidden());
        var huge = LoopbackServer.Review(new JsonObject { ["a"] = new string('x', 9 << 20) }, uid: "large-one");

        var (status, response, text) = await server.PostAsync(huge);

        Assert.True(status == HttpStatusCode.OK, text);
        Assert.Equal(("large-one", false, 413), ((string?)response!["uid"], (bool)response["allowed"]!, (int)response["status"]!["code"]!));
        Assert.Contains("too large", (string?)response["status"]!["message"], StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await server.PostAsync(new byte[9 << 20])).Status);
        Assert.True((bool)(await server.ReviewAsync(Good))["allowed"]!);
    }

    [Fact]
    public async Task OtherPathMethodOrType_IsNoReview()
    {
        await using var server = await LoopbackServer.StartAsync(ScriptedWebhook.RefusingForbidden());

        Assert.Equal(HttpStatusCode.NotFound, (await server.PostAsync([], "/metrics")).Status);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await server.PostAsync([], type: "text/plain")).Status);
        using var get = await server.Http.GetAsync(new Uri(LoopbackServer.Path, UriKind.Relative));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
    }

    [Fact]
    public async Task WebhookThatThrows_IsADenial_ThatKeepsItsSecrets()
    {
        await using var server = await LoopbackServer.StartAsync(new ScriptedWebhook { OnWrite = (_, _) => throw new InvalidOperationException("the password is 12345") });

        var answer = await server.ReviewAsync(Good);

        Assert.Equal((false, 500), ((bool)answer["allowed"]!, (int)answer["status"]!["code"]!));
        Assert.DoesNotContain("12345", answer.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WebhookThatHangs_IsADenial_InTime()
    {
        var never = new TaskCompletionSource<ValidationResult>();
        await using var server = await LoopbackServer.StartAsync(new ScriptedWebhook { OnWrite = (_, _) => never.Task }, new AdmissionServerOptions { TimeLimit = TimeSpan.FromMilliseconds(200) });
        var started = TimeProvider.System.GetTimestamp();

        var answer = await server.ReviewAsync(Good);

        Assert.Equal(503, (int)answer["status"]!["code"]!);
        // Without the limit there is no answer at all.
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task AThousandReviewsAtOnce_EachGetsItsOwnAnswer()
    {
        await using var server = await LoopbackServer.StartAsync(ScriptedWebhook.RefusingForbidden(), new AdmissionServerOptions { TimeLimit = TimeSpan.FromSeconds(30) });
        await server.ReviewAsync(Good);
        var started = TimeProvider.System.GetTimestamp();

        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(async i =>
            (Index: i, Answer: (await server.PostAsync(LoopbackServer.Review(i % 2 == 0 ? Good : Bad, uid: $"u{i}"))).Response!)));

        TestContext.Current.TestOutputHelper?.WriteLine($"1000 reviews in {TimeProvider.System.GetElapsedTime(started).TotalMilliseconds:0} ms");
        Assert.All(answers, a => Assert.Equal(($"u{a.Index}", a.Index % 2 == 0), ((string?)a.Answer["uid"], (bool)a.Answer["allowed"]!)));
    }

    [Fact]
    public async Task CertificateSwapped_UnderLoad_LosesNoReview()
    {
        var options = LoopbackServer.Certificates;
        var now = TimeProvider.System.GetUtcNow();
        var set = CertificatePlan.Next(null, options, now);
        await using var server = await LoopbackServer.StartAsync(ScriptedWebhook.RefusingForbidden(), certificates: () => Volatile.Read(ref set));
        using var stop = new CancellationTokenSource();
        var reviews = Enumerable.Range(0, 8).Select(async _ =>
        {
            var done = 0;
            for (; !stop.IsCancellationRequested; done++) await server.ReviewAsync(Good);
            return done;
        }).ToArray();

        for (var i = 0; i < 20; i++)
        {
            // A name more: the serving certificate is made anew; every fifth time under a new authority, trusted first.
            if (i % 5 == 4) Volatile.Write(ref set, CertificatePlan.Next(set, options with { AuthorityLifetime = options.AuthorityLifetime * Math.Pow(4, (i / 5) + 1) }, now));
            Volatile.Write(ref set, set with { Serving = CertificateMaker.Serving(set.Authority, options, options.Names, now) });
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        var all = await Task.WhenAll(reviews);
        TestContext.Current.TestOutputHelper?.WriteLine($"{all.Sum()} reviews over 20 certificates");
        Assert.All(all, done => Assert.True(done > 10));
        Assert.Equal(5, set.Trusted.Count());
    }
}
