using Federation.Application.Reconciling;
using Federation.Application.Settling;
using Federation.Domain.Leases;
using Federation.Domain.Results;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;

namespace Federation.Application.Tests.Reconciling;

public sealed class ResultReaderTests : IDisposable
{
    private static readonly LeaseResults Done = new(Some.SpecHash, [], Some.JobOutcome);
    private readonly FakeClock clock = new();
    private readonly IntentOutbox outbox;
    private readonly InMemoryChain chain;
    private readonly PortGate gate = new();

    public ResultReaderTests() => (outbox, chain) = (new IntentOutbox(clock), new InMemoryChain(clock, gate));

    public void Dispose() => outbox.Dispose();

    [Fact]
    public void TermsInDoubt_TakeNoResultAway()
    {
        var lease = ALease.Active().Running().WithTerms(t => t with { SpecHash = "0xother" });
        var status = LeaseStatus.New with { Results = Done };
        Assert.Null(Reader.Collect(lease.Seen().View, status, lease.Seen().Cluster, 0));
        Assert.Same(Done, Reader.Collect(lease.With(termsMatch: false).Seen().View, status, lease.Seen().Cluster, 0));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task NothingToPost_AsksNothing(bool isWanted, bool hasEnded)
    {
        var news = await FollowAsync(LeaseStatus.New, isWanted, hasEnded ? Done : Done with { Outcome = null });
        Assert.Equal((PostNews.None, 0), (news, gate.Calls));
    }

    [Fact]
    public async Task SettledPost_AsksNothing()
    {
        var news = await FollowAsync(LeaseStatus.New with { Post = new ResultPost("0xt1", new PostedResult("0xd1", 0, true, true), true, null) });
        Assert.Equal((PostNews.None, 0), (news, gate.Calls));
    }

    [Fact]
    public async Task ChainAway_IsNoNews()
    {
        chain.IsDown = true;
        Assert.Equal(PostNews.None, await FollowAsync(LeaseStatus.New));
    }

    [Fact]
    public async Task NotOnChain_SaysSo() => Assert.Equal(new PostNews(ResultPost.None, null), await FollowAsync(LeaseStatus.New));

    private ResultReader Reader => new(chain, FakeHasher.Instance, outbox);

    private Task<PostNews> FollowAsync(LeaseStatus status, bool isWanted = true, LeaseResults? results = null)
    {
        var view = ALease.Active().Seen().View with { ConfirmedBlock = 0, FinalizedBlock = 0 };
        return Reader.FollowAsync(view, status, results ?? Done, isWanted, default);
    }
}
