using System.Runtime.CompilerServices;
using Federation.Application.Ports;
using Federation.Ethereum.Client;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>New blocks as a node tells of them over its WebSocket (<c>eth_subscribe</c>, newHeads).</summary>
internal sealed class NodeHeads(Uri node, TimeProvider clock, ILogger<NodeHeads> log) : IHeadHints
{
    private bool isLost;

    public async IAsyncEnumerable<bool> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var listener = new NewHeadListener(node, time: clock, onFault: Lost);
        await foreach (var _ in listener.ReadAsync(cancellation))
        {
            if (isLost) log.LogInformation("{Node} tells of new blocks again.", node.Authority);
            isLost = false;
            yield return true;
        }
    }

    // Once per outage, however often it is tried.
    private void Lost(Exception error)
    {
        if (!isLost) log.LogWarning("{Node} does not tell of new blocks, the chain is read at its interval until it does: {Error}", node.Authority, error.Message);
        isLost = true;
    }
}
