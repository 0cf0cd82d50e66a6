using Federation.Application.Ports;
using Federation.Ethereum.Abi;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain.Ledger;

/// <summary>What went wrong with a node, as the application hears it.</summary>
internal static class LedgerFault
{
    public static LedgerException Transient(string message, Exception? inner = null) => new(message, isTransient: true, inner);

    public static LedgerException Permanent(string message) => new(message, isTransient: false);

    /// <summary>Runs a read; the node's faults come out as <see cref="LedgerException"/>.</summary>
    public static async Task<T> WrapAsync<T>(string what, ChainMetrics? metrics, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (LedgerException e)
        {
            Count(metrics, e.IsTransient);
            throw;
        }
        catch (Exception e) when (e is RpcTransportException or RpcResponseException or AbiException or InvalidDataException)
        {
            // A node that lags, restarts or is overloaded answers with errors and half answers: all of it may mend.
            Count(metrics, isTransient: true);
            throw Transient($"{what} cannot be read: {e.Message}", e);
        }
    }

    private static void Count(ChainMetrics? metrics, bool isTransient) =>
        metrics?.Errors.Add(1, ChainMetrics.Tag("kind", isTransient ? "transient" : "permanent"));
}
