using Federation.Ethereum.Tests.Tools;

namespace Federation.Ethereum.Tests.Client;

/// <summary>One chain with the echo contract for the tests of a class that do not disturb each other.</summary>
public sealed class AnvilFixture : IAsyncLifetime
{
    internal Anvil Anvil { get; private set; } = null!;

    internal Address Echo { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Anvil = await Anvil.StartAsync();
        Echo = await Anvil.DeployAsync(EchoContract.CreationCode);
    }

    public ValueTask DisposeAsync() => Anvil.DisposeAsync();
}
