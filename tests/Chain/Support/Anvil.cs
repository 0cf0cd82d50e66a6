using System.Diagnostics;
using System.Text.Json;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Federation.Testing;

namespace Federation.Chain.Tests.Support;

/// <summary>A real Anvil on a free port of the loopback; blocks are mined per transaction, final two blocks later.</summary>
internal sealed class Anvil : IAsyncDisposable
{
    // Anvil's well-known accounts, of the mnemonic "test test … junk".
    private static readonly string[] Keys =
    [
        "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
        "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
        "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    ];

    private readonly int port = FreePorts.Take();
    private readonly string state = Path.Combine(Path.GetTempPath(), $"federation-anvil-{Guid.NewGuid():n}.json");
    private Process? process;

    // A machine that does much else besides lets it answer late; what a test expects of a node that is silent goes through a proxy.
    private Anvil() => Rpc = new JsonRpcClient(Url, new JsonRpcOptions { MaxRetries = 0, AttemptTimeout = TimeSpan.FromSeconds(60) });

    public Uri Url => new($"http://127.0.0.1:{port}");

    public JsonRpcClient Rpc { get; }

    public EthereumClient Client => new(Rpc);

    public static string KeyOf(int account) => Keys[account];

    public static LocalSigner Signer(int account) => LocalSigner.FromHex(Keys[account]);

    public static async Task<Anvil> StartAsync()
    {
        var anvil = new Anvil();
        await anvil.RunAsync();
        return anvil;
    }

    /// <summary>Starts it again on the same port with the state that it had.</summary>
    public async Task RunAsync()
    {
        process = Process.Start(new ProcessStartInfo(Repository.Tool("anvil"),
            ["--host", "127.0.0.1", "--port", $"{port}", "--slots-in-an-epoch", "1", "--silent", "--state", state, "--preserve-historical-states"]))!;
        for (var attempt = 0; attempt < 1200; attempt++)
        {
            if (process.HasExited) throw new InvalidOperationException($"anvil ended with {process.ExitCode}");
            try
            {
                await Client.GetChainIdAsync();
                return;
            }
            catch (RpcTransportException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }

        throw new TimeoutException("anvil did not answer within 120 s");
    }

    /// <summary>Ends it the orderly way, which writes its state.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-INT", $"{process!.Id}"]);
        await kill.WaitForExitAsync();
        await process.WaitForExitAsync();
    }

    public Task<JsonElement> AskAsync(string method, params object?[] parameters) => Rpc.SendAsync<JsonElement>(new RpcRequest(method, parameters));

    /// <summary>Lets chain time pass.</summary>
    public async Task PassAsync(int seconds)
    {
        await AskAsync("evm_increaseTime", seconds);
        await MineAsync();
    }

    public Task MineAsync(int blocks = 1) => AskAsync("anvil_mine", Hex.Quantity(blocks));

    public async ValueTask DisposeAsync()
    {
        Rpc.Dispose();
        if (process is { HasExited: false }) process.Kill();
        if (process is not null) await process.WaitForExitAsync();
        process?.Dispose();
        File.Delete(state);
    }
}
