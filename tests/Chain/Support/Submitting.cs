using Federation.Application.Ports;
using Federation.Chain.Sending;
using Federation.Domain.Settlement;

namespace Federation.Chain.Tests.Support;

internal static class Submitting
{
    /// <summary>One transaction after the other until all were tried, as the settler does it; outcomes in the order of the intents.</summary>
    public static async Task<IReadOnlyList<IntentOutcome>> SubmitAllAsync(this EvmLeaseTransactions transactions, params ChainIntent[] intents)
    {
        var outcomes = new Dictionary<ChainIntent, IntentOutcome>(ReferenceEqualityComparer.Instance);
        while (intents.Where(i => !outcomes.ContainsKey(i)).OrderBy(i => i.Priority).ToArray() is [_, ..] left)
            foreach (var outcome in await transactions.SubmitAsync(left, default)) outcomes.Add(outcome.Intent, outcome);
        return [.. intents.Select(i => outcomes[i])];
    }
}
