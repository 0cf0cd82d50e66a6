namespace Federation.Application.Ports;

/// <summary>The nodes of one chain, of which one is asked at a time.</summary>
public interface ILedgerNodes
{
    /// <summary>Leaves the node that is asked now, which does not answer or is not to be believed.</summary>
    /// <param name="reason">For people.</param>
    /// <returns>False when all have had their turn and the first one is asked again.</returns>
    bool TryNext(string reason);
}
