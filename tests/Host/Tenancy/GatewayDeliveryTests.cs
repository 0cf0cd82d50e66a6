using Federation.Application.Ports;
using Federation.Chain.Signing;
using Federation.Cluster.Requests;
using Federation.Domain.Requesting;
using Federation.Ethereum.Signing;
using Federation.Gateway;
using Federation.Host.Tenancy;
using Federation.Testing;
using Federation.Testing.Builders;
using Microsoft.AspNetCore.Http;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace Federation.Host.Tests.Tenancy;

/// <summary>Delivery by the wallet alone, to datacenters that may be anybody: whatever one does is its own trouble, and said with what helps.</summary>
public sealed partial class GatewayDeliveryTests : IAsyncLifetime
{
    private const string Bad = "0xabcabcabcabcabcabcabcabcabcabcabcabcabca", Good = "0xdefdefdefdefdefdefdefdefdefdefdefdefdefd";

    private readonly FakeClock clock = new();
    private readonly IGatewayDirectory directory = Substitute.For<IGatewayDirectory>();
    private readonly List<GatewayDoors> opened = [];
    private PlayedDatacenter bad = null!, good = null!;

    public async ValueTask InitializeAsync()
    {
        (bad, good) = (await PlayedDatacenter.StartAsync(clock), await PlayedDatacenter.StartAsync(clock));
        directory.EndpointOfAsync(Bad, Arg.Any<CancellationToken>()).Returns(_ => bad.Endpoint.AbsoluteUri.TrimEnd('/'));
        directory.EndpointOfAsync(Good, Arg.Any<CancellationToken>()).Returns(_ => good.Endpoint.AbsoluteUri.TrimEnd('/'));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var doors in opened) doors.Dispose();
        await bad.DisposeAsync();
        await good.DisposeAsync();
    }

    [Fact]
    public async Task OneSignIn_ServesManyCalls_AndIsRenewedBeforeItEnds()
    {
        var delivery = Delivery();
        good.Life = TimeSpan.FromMinutes(10);
        for (var i = 0; i < 5; i++) Assert.True((await ReadAsync(delivery, Good)).IsReady);
        Assert.Null(await delivery.DeliverAsync(Good, Some.LeaseId(1), Some.Workload, default));
        Assert.Equal(1, good.SignIns);
        clock.Advance(TimeSpan.FromMinutes(9));
        await ReadAsync(delivery, Good);
        Assert.Equal(1, good.SignIns);
        clock.Advance(TimeSpan.FromSeconds(31));
        Assert.True((await ReadAsync(delivery, Good)).IsReady);
        Assert.Equal(2, good.SignIns);
    }

    [Fact]
    public async Task Credential_ThatIsPromisedForever_IsRenewedWithinTheHour()
    {
        var delivery = Delivery();
        good.Life = TimeSpan.FromDays(10_000);
        await ReadAsync(delivery, Good);
        clock.Advance(TimeSpan.FromMinutes(60));
        await ReadAsync(delivery, Good);
        Assert.Equal(2, good.SignIns);
    }

    [Fact]
    public async Task Credential_ThatTheClusterNoLongerTakes_IsReplacedAtOnce()
    {
        var delivery = Delivery();
        await ReadAsync(delivery, Good);
        clock.Advance(TimeSpan.FromMinutes(1));
        good.Takes = token => token != "token-1";
        Assert.True((await ReadAsync(delivery, Good)).IsReady);
        Assert.Equal(2, good.SignIns);
    }

    [Fact]
    public async Task Cluster_ThatTakesNoCredential_IsAsSilent_AndLeftAloneForAWhile_ByAllLeasesThere()
    {
        bad.Takes = _ => false;
        var delivery = Delivery();
        foreach (var sight in await AskAllAsync(delivery))
        {
            Assert.Equal((false, false, "DatacenterSilent"), (sight.Answers, sight.IsLocal, sight.Reason));
            Assert.Contains("its administrator sees why", sight.Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, bad.SignIns);
        clock.Advance(TimeSpan.FromSeconds(11));
        bad.Takes = _ => true;
        Assert.True((await ReadAsync(delivery, Bad)).IsReady);
        Assert.Equal(2, bad.SignIns);
    }

    // Nobody could use it: each would sign in after the other.
    [Theory]
    [InlineData(-3600)]
    [InlineData(30)]
    public async Task Credential_ThatIsOverWhenItComes_IsAskedForOnce_ByAllLeasesThere(int seconds)
    {
        bad.Life = TimeSpan.FromSeconds(seconds);
        var delivery = Delivery();
        Assert.All(await AskAllAsync(delivery), s => Assert.Contains("hands out a credential that ends", s.Message, StringComparison.Ordinal));
        Assert.Equal(1, bad.SignIns);
        clock.Advance(TimeSpan.FromSeconds(11));
        bad.Life = TimeSpan.FromSeconds(40);
        Assert.True((await ReadAsync(delivery, Bad)).IsReady);
    }

    [Fact]
    public async Task RefusalOfAnOldCredential_DropsNoNewerOne()
    {
        using var handler = new SocketsHttpHandler();
        using var door = new GatewayDoor(Good, good.Endpoint, new WalletSignIn(new SignInKey(LocalSigner.Generate()), 31337, "Tenant:Chain:ChainId", clock), handler, null, clock);
        var first = await door.GetAsync(default);
        clock.Advance(TimeSpan.FromMinutes(1));
        door.Invalidate(first);
        var second = await door.GetAsync(default);
        Assert.NotEqual(first.Authorization, second.Authorization);
        door.Invalidate(first);
        Assert.Equal(second.Authorization, (await door.GetAsync(default)).Authorization);
        Assert.Equal(2, good.SignIns);
    }

    [Fact]
    public async Task DatacenterThatMoved_GetsOneDoor_HoweverManyAskForIt()
    {
        var delivery = Delivery();
        await ReadAsync(delivery, Bad);
        clock.Advance(TimeSpan.FromMinutes(2));
        var told = new TaskCompletionSource<string?>();
        directory.ClearReceivedCalls();
        directory.EndpointOfAsync(Bad, Arg.Any<CancellationToken>()).Returns(told.Task);
        var asked = Enumerable.Range(1, 10).Select(i => delivery.ReadAsync(Bad, Some.LeaseId(i), clock.NowSeconds, default)).ToArray();
        told.SetResult(good.Endpoint.AbsoluteUri);
        Assert.All(await Task.WhenAll(asked), s => Assert.True(s.IsReady));
        Assert.Equal(1, good.SignIns);
        await directory.Received(1).EndpointOfAsync(Bad, Arg.Any<CancellationToken>());
    }

    [Theory]
    [InlineData("domain", "other.example", "wants a sign-in for other.example")]
    [InlineData("uri", "http://other.example/v1/login", "wants a sign-in for http://other.example/v1/login")]
    [InlineData("uri", "+\nResources:", "wants a sign-in for")]
    [InlineData("chainId", "1", "is of chain 1, Tenant:Chain:ChainId is 31337")]
    [InlineData("nonce", "!", "a nonce that is none: '!'")]
    public async Task Invitation_ToSignForAnotherPlace_IsNotSigned(string member, string value, string said)
    {
        bad.Invitation = body => body[member] = value.Replace("+", bad.Endpoint.AbsoluteUri + "v1/login", StringComparison.Ordinal);
        var sight = await ReadAsync(Delivery(), Bad);
        Assert.Equal((false, false), (sight.Answers, sight.IsLocal));
        Assert.Contains("Nothing is signed.", sight.Message, StringComparison.Ordinal);
        Assert.Contains(said, sight.Message, StringComparison.Ordinal);
        Assert.Contains($"name {Bad} in spec.placement.deny", sight.Message, StringComparison.Ordinal);
        Assert.Equal(["GET /v1/login/nonce"], bad.Asked);
    }

    [Theory]
    [InlineData("server", "http://other.example/cluster", "as its cluster, which is another place")]
    [InlineData("server", "no place", "as its cluster, which is another place")]
    [InlineData("token", "a\r\nImpersonate-User: b", "a credential that is none")]
    [InlineData("token", "", "a credential that is none")]
    public async Task Grant_OfAnotherPlace_OrOfNoCredential_IsNotUsed(string member, string value, string said)
    {
        bad.Grant = body => body[member] = value;
        var sight = await ReadAsync(Delivery(), Bad);
        Assert.False(sight.Answers);
        Assert.Contains(said, sight.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(bad.Asked, a => a.Contains("/cluster", StringComparison.Ordinal));
    }

    public static TheoryData<string> Junk => new("not json", "null", "[]", "5 MiB", "deep", """{"spec":{"workload":{}},"status":{"conditions":null,"endpoints":null}}""", """{"status":{"conditions":[null]}}""", """{"spec":5}""", """{"spec":null}""");

    [Theory]
    [MemberData(nameof(Junk))]
    public async Task Answers_ThatAreNone_BreakNobodyElses(string junk)
    {
        var text = junk switch { "5 MiB" => new string(' ', 5 << 20), "deep" => "{\"spec\":{\"workload\":" + new string('[', 10_000) + new string(']', 10_000) + "}}", _ => junk };
        bad.Answer = context => PlayedDatacenter.SayAsync(context, 200, text);
        // What breaks on the way is asked for once more, after a pause.
        (bad.Life, good.Life) = (TimeSpan.FromDays(10_000), TimeSpan.FromDays(10_000));
        var delivery = Delivery(time: new PatientClock());
        var sights = await Task.WhenAll(ReadAsync(delivery, Bad), ReadAsync(delivery, Good));
        Assert.False(sights[0].IsReady);
        Assert.InRange(sights[0].Message.Length, 0, Said.MostSentence);
        Assert.True(sights[1].IsReady);
        _ = await delivery.DeliverAsync(Bad, Some.LeaseId(1), Some.Workload, default);
    }

    [Fact]
    public async Task SignIn_ThatIsAnsweredWithoutEnd_IsCut()
    {
        bad.Grant = body => body["token"] = new string('a', 1 << 20);
        var sight = await ReadAsync(Delivery(), Bad);
        Assert.False(sight.Answers);
        Assert.DoesNotContain(bad.Asked, a => a.Contains("/cluster", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/v1/login/nonce")]
    [InlineData("/v1/login")]
    [InlineData("/cluster")]
    public async Task WhoNeverAnswers_IsWaitedForFiveSeconds_AndHoldsUpNobodyElse(string where)
    {
        bad.Stalls = path => path.StartsWith(where, StringComparison.Ordinal) && (where != "/v1/login" || path == where);
        var delivery = Delivery();
        var slow = ReadAsync(delivery, Bad);
        Assert.True((await ReadAsync(delivery, Good)).IsReady);
        await Kubernetes.Tests.Support.Eventually.TrueAsync(() => Task.FromResult(bad.Asked.Any(a => bad.Stalls(a.Split(' ')[1]))));
        Assert.False(slow.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(5));
        var sight = await slow;
        Assert.Equal((false, false), (sight.Answers, sight.IsLocal));
        Assert.Contains("within 5 s", sight.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GatewayThatNeverAnswers_IsLeftAloneForAWhile_ByAllLeasesThere()
    {
        bad.Stalls = _ => true;
        var delivery = Delivery();
        var slow = Enumerable.Range(1, 20).Select(i => delivery.ReadAsync(Bad, Some.LeaseId(i), clock.NowSeconds, default)).ToArray();
        await Kubernetes.Tests.Support.Eventually.TrueAsync(() => Task.FromResult(!bad.Asked.IsEmpty));
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.All(await Task.WhenAll(slow), s => Assert.False(s.Answers));
        Assert.Single(bad.Asked);
        bad.Stalls = _ => false;
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.True((await ReadAsync(delivery, Bad)).IsReady);
    }

    [Theory]
    [InlineData(403, "LeaseMissing", true, false, "NamespacePending")]
    [InlineData(503, "NotReady", false, false, "DatacenterSilent")]
    [InlineData(429, "TooManySignIns", false, false, "DatacenterSilent")]
    [InlineData(401, "SignatureInvalid", false, false, "DatacenterSilent")]
    [InlineData(400, "MessageInvalid", false, false, "DatacenterSilent")]
    [InlineData(418, "no word at all", false, false, "DatacenterSilent")]
    public async Task Refusal_SaysWhoseMatterItIs(int status, string reason, bool answers, bool isLocal, string said)
    {
        bad.Refusal = (status, reason, "words\u0007 of it");
        var sight = await ReadAsync(Delivery(), Bad);
        Assert.Equal((answers, isLocal, said), (sight.Answers, sight.IsLocal, sight.Reason));
        Assert.DoesNotContain('\u0007', sight.Message);
        if (said != "NamespacePending") Assert.Contains("of it", sight.Message, StringComparison.Ordinal);
    }

    // A lease there could be paid and never be used.
    [Fact]
    public async Task DatacenterWithoutAccess_IsNotAskedForQuotes_ForAWhile()
    {
        bad.Refusal = (403, "AccessOff", "No access here.");
        var delivery = Delivery();
        Assert.Null(delivery.FaultOf(Bad));
        Assert.Contains("hand out a kubeconfig", (await ReadAsync(delivery, Bad)).Message, StringComparison.Ordinal);
        Assert.Contains("gives no access by its gateway", delivery.FaultOf(Bad)!, StringComparison.Ordinal);
        Assert.Null(delivery.FaultOf(Good));
        clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Null(delivery.FaultOf(Bad));
    }

    [Fact]
    public async Task WalletThatCannotSign_AndNodeThatDoesNotAnswer_AreThisSides()
    {
        var key = Substitute.For<ISignInKey>();
        key.SignAsync(Arg.Any<SignInDraft>(), Arg.Any<CancellationToken>()).ThrowsAsync(new TenantKeyException("The signer is away."));
        var unsigned = await ReadAsync(Delivery(key: key), Good);
        Assert.Equal((false, true), (unsigned.Answers, unsigned.IsLocal));
        Assert.Contains("See to the wallet", unsigned.Message, StringComparison.Ordinal);

        directory.EndpointOfAsync(Good, Arg.Any<CancellationToken>()).ThrowsAsync(new LedgerException("The node is away.", isTransient: true));
        var unread = await ReadAsync(Delivery(), Good);
        Assert.Equal((false, true), (unread.Answers, unread.IsLocal));
        Assert.Contains("Tenant:Chain:RpcUrl", unread.Message, StringComparison.Ordinal);
    }

    // A signer that hangs hangs for all of them.
    [Fact]
    public async Task WalletThatNeverSigns_IsThisSides()
    {
        var key = Substitute.For<ISignInKey>();
        var called = new TaskCompletionSource();
        key.SignAsync(Arg.Any<SignInDraft>(), Arg.Any<CancellationToken>()).Returns(async call =>
        {
            called.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, call.Arg<CancellationToken>());
            return new SignedWords("", "");
        });
        var unsigned = ReadAsync(Delivery(key: key), Good);
        await called.Task;
        clock.Advance(TimeSpan.FromSeconds(5));
        var sight = await unsigned;
        Assert.Equal((false, true), (sight.Answers, sight.IsLocal));
        Assert.Contains("has not signed within 5 s", sight.Message, StringComparison.Ordinal);
        Assert.Contains("See to the wallet", sight.Message, StringComparison.Ordinal);
    }

    // Quotes may be asked for in the open. A credential is the wallet's, to whoever reads it.
    [Fact]
    public async Task Wallet_SignsInNowhere_WhereOthersCanRead()
    {
        directory.EndpointOfAsync(Bad, Arg.Any<CancellationToken>()).Returns("http://192.0.2.1:1/");
        var sight = await ReadAsync(Delivery(), Bad);
        Assert.Equal((false, false), (sight.Answers, sight.IsLocal));
        Assert.Contains("Nothing is signed. The gateway at http://192.0.2.1:1/ is no https address", sight.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndpointIsReadAnew_AndStaysWhereItWas_WhileTheChainIsAway()
    {
        var delivery = Delivery();
        Assert.True((await ReadAsync(delivery, Good)).IsReady);
        directory.EndpointOfAsync(Good, Arg.Any<CancellationToken>()).ThrowsAsync(new LedgerException("The node is away.", isTransient: true));
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.True((await ReadAsync(delivery, Good)).IsReady);
        directory.EndpointOfAsync(Good, Arg.Any<CancellationToken>()).Returns(bad.Endpoint.AbsoluteUri);
        bad.Asked.Clear();
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.True((await ReadAsync(delivery, Good)).IsReady);
        Assert.Equal(1, bad.SignIns);
    }

    [Theory]
    [InlineData(null, "The registry has no endpoint")]
    [InlineData("http://127.0.0.1:1/", "no https address")]
    [InlineData("file:///etc/passwd", "no https address")]
    [InlineData("", "no https address")]
    public async Task Endpoint_ThatIsNone_IsAskedNothing(string? endpoint, string said)
    {
        directory.EndpointOfAsync(Bad, Arg.Any<CancellationToken>()).Returns(endpoint);
        var sight = await ReadAsync(Delivery(allowHttp: false), Bad);
        Assert.False(sight.Answers);
        Assert.Contains(said, sight.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kubeconfig_WhereThereIsOne_IsUsedInstead()
    {
        var folder = Directory.CreateTempSubdirectory("federation-access-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, Bad), "no kubeconfig");
        using var files = new KubeconfigDoors(folder, clock);
        var doors = Doors();
        var delivery = new WorkloadDelivery(new TenantDoors(files, doors), FakeHasher.Instance, clock);
        var sight = await ReadAsync(delivery, Bad);
        Assert.Equal((true, 0), (sight.IsLocal, bad.Asked.Count));
        Assert.Contains("renew its kubeconfig", sight.Message, StringComparison.Ordinal);
        Assert.True((await ReadAsync(delivery, Good)).IsReady);
        Directory.Delete(folder, recursive: true);
    }

    private Task<RemoteSight[]> AskAllAsync(WorkloadDelivery delivery) => Task.WhenAll(Enumerable.Range(1, 20).Select(i => delivery.ReadAsync(Bad, Some.LeaseId(i), clock.NowSeconds, default)));

    private Task<RemoteSight> ReadAsync(WorkloadDelivery delivery, string provider) => delivery.ReadAsync(provider, Some.LeaseId(1), clock.NowSeconds, default);

    private WorkloadDelivery Delivery(bool allowHttp = true, ISignInKey? key = null, TimeProvider? time = null) => new(Doors(allowHttp, key, time), FakeHasher.Instance, time ?? clock);

    private GatewayDoors Doors(bool allowHttp = true, ISignInKey? key = null, TimeProvider? time = null)
    {
        time ??= clock;
        var doors = new GatewayDoors(directory, new WalletSignIn(key ?? new SignInKey(LocalSigner.Generate()), 31337, "Tenant:Chain:ChainId", time), new QuoteDeskOptions { AllowHttp = allowHttp }, time);
        opened.Add(doors);
        return doors;
    }

    /// <summary>The machine's, whose timers take six times as long: the limit is no test's subject here, and a busy machine would meet it.</summary>
    private sealed class PatientClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? 6 * dueTime : dueTime, period);
    }
}
