using Federation.Domain.Leases;

namespace Federation.Chain.Tests.Faults;

/// <summary>Leases that cannot run, on the real contracts: what the tenant gets back, and what it costs the provider.</summary>
public sealed class GivenBackTests
{
    [Fact]
    public async Task NamespaceOfAnother_IsRefused_AndTheWholeDepositGoesBack()
    {
        await using var world = await ChainWorld.OpenAsync(finality: 3);
        var lease = await world.MatchAsync();
        world.Cluster.Colliding.Add(lease.Id);
        await world.UntilAsync(async () => (await world.ReadAsync(lease)).State == LeaseState.Closed ? null : "it is not given back", 60);
        var now = await world.ReadAsync(lease);
        Assert.Equal((CloseReason.Refused, 0, 0, 0), (now.Reason, (int)now.Escrow, (int)now.Claimed, (int)now.Slashed));
        // Nothing more is sent for it.
        var nonce = await world.NonceAsync();
        await world.PassAsync(60);
        Assert.Equal(nonce, await world.NonceAsync());
    }

    [Fact]
    public async Task ImageThatNobodyHas_IsClosedUnpaid_WithoutAPenalty()
    {
        await using var world = await ChainWorld.OpenAsync(finality: 3);
        world.Cluster.Keep = KeepPolicy.None with { StartMs = 60_000 };
        world.Images.Refusing.Add("docker.io");
        var lease = await world.MatchAsync();
        await world.UntilAsync(async () => (await world.ReadAsync(lease)).State == LeaseState.Closed ? null : "it is not closed", 600);
        var now = await world.ReadAsync(lease);
        Assert.Equal((CloseReason.Provider, 0, 0), (now.Reason, (int)now.Escrow, (int)now.Slashed));
        Assert.Equal(lease.Terms.StartFee, now.Claimed);
        await world.UntilAsync(() => Task.FromResult(world.Cluster.Spaces.ContainsKey(lease.Id) ? "its namespace is there" : null), 600);
    }
}
