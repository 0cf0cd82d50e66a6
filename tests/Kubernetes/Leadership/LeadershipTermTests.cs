using Federation.Kubernetes.Client;
using Federation.Kubernetes.Leadership;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Kubernetes.Tests.Leadership;

public sealed class LeadershipTermTests(ApiServerFixture fixture)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task IsLeader_ClockJumpsBeyondTheDeadline_FalseAtOnceAndForGood(bool suspended)
    {
        var space = await fixture.Server.NamespaceAsync();
        var time = new ManualTime();
        using var client = fixture.Server.Client();
        using var stop = new CancellationTokenSource();
        var options = new LeaderElectionOptions { Namespace = space, Name = "election", Identity = "me" };
        var elector = new LeaderElector(client, options, time);
        var began = new TaskCompletionSource<LeadershipTerm>();
        var end = new TaskCompletionSource();
        var running = elector.RunAsync(
            async term =>
            {
                began.TrySetResult(term);
                await end.Task;
            },
            stop.Token);
        var term = await began.Task;
        Assert.True(term.IsLeader);
        Assert.Equal((await client.Resource<V1Lease>().GetAsync("election", space))!.Spec.LeaseTransitions ?? 0L, term.Epoch);

        // No timer fires in between: the answer must come from the clocks alone.
        if (suspended)
        {
            time.AdvanceWallOnly(options.RenewDeadline);
        }
        else
        {
            time.Advance(options.RenewDeadline);
        }

        Assert.Throws<LeadershipLostException>(term.ThrowIfLost);
        Assert.False(elector.IsLeader);
        time.AdvanceWallOnly(-TimeSpan.FromHours(1));
        Assert.False(term.IsLeader);

        await stop.CancelAsync();
        end.SetResult();
        await running;
    }
}
