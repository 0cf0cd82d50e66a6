using Federation.Application.Ports;
using Federation.Chain;
using Federation.Chain.Signing;
using Federation.Cluster.Requests;
using Federation.Domain.Workloads;
using Federation.Ethereum.Signing;
using Federation.Gateway;
using Federation.Host.Tenancy;
using Federation.Testing.Builders;
using NSubstitute;

namespace Federation.Host.Tests.Access;

/// <summary>A tenant's operator delivers through a real gateway to a real API server, with nothing but the wallet.</summary>
[Collection(AccessCollection.Name)]
public sealed class WalletDeliveryTests(AccessWorld world)
{
    [Fact]
    public async Task Workload_IsDelivered_ByTheWalletAlone_AndOnlyToItsOwnLeases()
    {
        using var doors = DoorsOf(world.Tenant, world.Endpoint);
        var delivery = new WorkloadDelivery(doors, new KeccakHasher(), TimeProvider.System);
        var before = await delivery.ReadAsync(Some.Provider, world.Own.Id, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), default);
        Assert.Equal((true, true, ""), (before.Answers, before.HasNamespace, before.SpecHash));

        Assert.Null(await delivery.DeliverAsync(Some.Provider, world.Own.Id, Some.Workload, default));
        Assert.Equal(new KeccakHasher().Keccak256(CanonicalJson.Encode(Some.Workload)), (await delivery.ReadAsync(Some.Provider, world.Own.Id, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), default)).SpecHash);

        // Another's lease is one that there is not.
        Assert.False((await delivery.ReadAsync(Some.Provider, world.Foreign.Id, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), default)).HasNamespace);
        Assert.NotNull(await delivery.DeliverAsync(Some.Provider, world.Foreign.Id, Some.Workload, default));
    }

    [Fact]
    public async Task LeaseThatTheDatacenterHasNotSeenYet_IsWaitedFor()
    {
        using var doors = DoorsOf(LocalSigner.Generate(), world.Endpoint);
        var sight = await new WorkloadDelivery(doors, new KeccakHasher(), TimeProvider.System).ReadAsync(Some.Provider, world.Own.Id, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), default);
        Assert.Equal((true, false, "NamespacePending"), (sight.Answers, sight.HasNamespace, sight.Reason));
    }

    // It is the same gateway, and signs in for the endpoint that it has in the registry.
    [Fact]
    public async Task GatewayOfAnotherEndpoint_GetsNothingSigned()
    {
        using var doors = DoorsOf(world.Tenant, world.Tight);
        var sight = await new WorkloadDelivery(doors, new KeccakHasher(), TimeProvider.System).ReadAsync(Some.Provider, world.Own.Id, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), default);
        Assert.False(sight.Answers);
        Assert.Contains($"Nothing is signed. The gateway at {world.Tight.Authority} wants a sign-in for {world.Endpoint.Authority}.", sight.Message, StringComparison.Ordinal);
    }

    private static GatewayDoors DoorsOf(LocalSigner wallet, Uri endpoint)
    {
        var directory = Substitute.For<IGatewayDirectory>();
        directory.EndpointOfAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns(endpoint.AbsoluteUri.TrimEnd('/'));
        return new GatewayDoors(directory, new WalletSignIn(new SignInKey(wallet), AccessWorld.ChainId, "Tenant:Chain:ChainId", TimeProvider.System), new QuoteDeskOptions { AllowHttp = true }, TimeProvider.System);
    }
}
