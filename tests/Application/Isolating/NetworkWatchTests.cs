using Federation.Application.Isolating;
using Federation.Application.Ports;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Isolating;

/// <summary>How often the network is probed, and what is said when that fails.</summary>
public sealed class NetworkWatchTests : INetworkProbe
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(6);

    private Func<ProbeSight> answer = () => ProbeSight.Isolated;

    [Fact]
    public async Task Answer_IsWhatWasSeen_AndHoldsForTheInterval()
    {
        var watch = Watch(this);
        Assert.Null(watch.Found);
        Assert.Equal(Interval, await watch.PassAsync(default));
        Assert.Equal(ConditionStatus.True, watch.Found!.Status);

        answer = () => ProbeSight.Isolated with { Egress = true, Ingress = true };
        Assert.Equal(Interval, await watch.PassAsync(default));
        Assert.Equal(ConditionStatus.False, watch.Found.Status);
    }

    [Fact]
    public async Task NoAnswer_IsSaidWithItsCause_AndTriedForAgainSooner()
    {
        var watch = Watch(this);
        answer = () => throw new ClusterException("ProbeFailed", "no node has the image.", isTransient: true);
        Assert.InRange(await watch.PassAsync(default), TimeSpan.FromMinutes(1), Interval / 10);
        Assert.Equal((ConditionStatus.Unknown, "ProbeFailed"), (watch.Found!.Status, watch.Found.Reason));
        Assert.Contains("no node has the image.", watch.Found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TermThatEnds_SaysNothingOfItsProbe()
    {
        using var over = new CancellationTokenSource();
        var watch = Watch(this);
        answer = () =>
        {
            over.Cancel();
            throw new OperationCanceledException(over.Token);
        };
        await Assert.ThrowsAsync<OperationCanceledException>(() => watch.PassAsync(over.Token));
        Assert.Null(watch.Found);
    }

    [Fact]
    public void NoProbe_IsSaidFromTheStart() => Assert.Equal(NetworkPolicyRules.NotConfigured, Watch(null).Found);

    Task<ProbeSight> INetworkProbe.ProbeAsync(CancellationToken cancellation) => Task.FromResult(answer());

    private static NetworkWatch Watch(INetworkProbe? probe) => new(probe, Interval, new FakeClock(), NullLogger<NetworkWatch>.Instance);
}
