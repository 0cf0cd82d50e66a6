using Anvil = Federation.Chain.Tests.Support.Anvil;

namespace Federation.Host.Tests.Watching;

/// <summary>An operator whose key this machine has not: another program signs for it, here a node of the chain that holds the account.</summary>
public sealed class RemoteKeyWorld : OperatorWorld
{
    private protected override Task<Dictionary<string, string>> KeyAsync() => Task.FromResult(new Dictionary<string, string>
    {
        ["Federation:Chain:RemoteSignerUrl"] = $"{Node}", ["Federation:Chain:RemoteSignerAddress"] = $"{Anvil.Signer(2).Address}",
    });
}

public sealed class RemoteKeyTests(RemoteKeyWorld world) : IClassFixture<RemoteKeyWorld>
{
    [Fact]
    public async Task Lease_IsActivated_BySignaturesOfAnotherProgram()
    {
        await world.ActiveAsync();
        Assert.Contains(world.Lines, l => l.Contains($"Operator key {Anvil.Signer(2).Address}", StringComparison.OrdinalIgnoreCase));
    }
}
