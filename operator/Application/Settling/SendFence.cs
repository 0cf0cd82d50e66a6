using Federation.Application.Ports;
using Federation.Application.Reconciling;

namespace Federation.Application.Settling;

/// <summary>Lets transactions out while this process leads, and while the chain is read and believed: what is wanted comes from what it says.</summary>
public sealed class SendFence(OperatorHealth health) : ISendFence
{
    private volatile Func<bool>? leads;

    public string? Refusal => leads?.Invoke() != true ? "This replica does not lead now."
        : health.ChainError is { } error ? $"Nothing is sent while the chain is not believed: {error}" : null;

    /// <param name="isLeader">Computed at each question: a process that was asleep knows at once.</param>
    public void BeginTerm(Func<bool> isLeader) => leads = isLeader;
}
