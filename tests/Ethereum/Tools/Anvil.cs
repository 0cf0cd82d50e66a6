using System.Diagnostics;
using System.Globalization;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Testing;

namespace Federation.Ethereum.Tests.Tools;

/// <summary>A local chain of its own on a free port, instant mining unless told otherwise. Killed on dispose.</summary>
internal sealed class Anvil : IAsyncDisposable
{
    /// <summary>The first of Anvil's published development keys; worthless outside a local chain.</summary>
    public const string Key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    public static readonly Address Account = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

    private readonly int port;
    private readonly JsonRpcClient rpc;
    private Process process;

    private Anvil(int port, Process process)
    {
        (this.port, this.process) = (port, process);
        rpc = new JsonRpcClient(Http);
        Client = new EthereumClient(rpc);
    }

    public Uri Http => new($"http://127.0.0.1:{port}");

    public Uri WebSocket => new($"ws://127.0.0.1:{port}");

    public EthereumClient Client { get; }

    public static async Task<Anvil> StartAsync()
    {
        var port = FreePorts.Take();
        var anvil = new Anvil(port, Launch(port));
        await anvil.ReadyAsync();
        return anvil;
    }

    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>A fresh chain on the same port.</summary>
    public async Task RestartAsync()
    {
        process = Launch(port);
        await ReadyAsync();
    }

    /// <summary>Freezes (19) or continues (18) the process.</summary>
    public Task SignalAsync(string signal) =>
        ExternalTool.RunAsync("/bin/kill", null, "", "-" + signal, process.Id.ToString(CultureInfo.InvariantCulture));

    public Task<T> SendAsync<T>(string method, params object?[] parameters) => rpc.SendAsync<T>(new RpcRequest(method, parameters));

    /// <summary>Runs creation code; returns the new contract.</summary>
    public async Task<Address> DeployAsync(byte[] code)
    {
        var hash = await SendAsync<Bytes32>("eth_sendTransaction", new { from = Account, data = code });
        var receipt = await MinedAsync(hash);
        return receipt.ContractAddress ?? throw new InvalidOperationException("the deployment made no contract");
    }

    /// <summary>The receipt, once the transaction is mined: instant mining is still a moment later.</summary>
    public async Task<TransactionReceipt> MinedAsync(Bytes32 hash)
    {
        for (var limit = Stopwatch.StartNew(); limit.Elapsed < TimeSpan.FromSeconds(60);)
        {
            if (await Client.GetTransactionReceiptAsync(hash) is { } receipt)
                return receipt;
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
        throw new TimeoutException($"{hash} was not mined");
    }

    public async ValueTask DisposeAsync()
    {
        rpc.Dispose();
        await KillAsync();
    }

    private static Process Launch(int port) => Process.Start(new ProcessStartInfo(
        ExternalTool.Find("anvil"), ["--host", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--silent"])
    {
        WorkingDirectory = Path.GetTempPath(),
    })!;

    private async Task ReadyAsync()
    {
        var limit = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await Client.GetChainIdAsync();
                return;
            }
            catch (RpcTransportException) when (limit.Elapsed < TimeSpan.FromSeconds(60) && !process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }
}
