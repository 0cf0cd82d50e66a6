using System.Globalization;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using static Federation.Application.Ports.Addresses;

namespace Federation.Application.Reconciling;

/// <summary>
/// What else the Datacenter object says of its entry in the registry, a condition for each matter that it says something of. Leases
/// that run do not depend on them; each that is False says what differs and the call that mends it.
/// </summary>
public static class RegistryRules
{
    // Auditors are people: time enough to ask one.
    private const long SoonSeconds = 14 * 86_400;

    /// <param name="chain">Null while the registry cannot be read.</param>
    /// <param name="now">Unix seconds by the chain's clock, which attestations end by.</param>
    public static IEnumerable<LeaseCondition> Compare(DatacenterSpec spec, RegistryStanding? chain, long now)
    {
        yield return Judge("PriceBookPublished", chain, PriceBook);
        if (spec.Payout.Length > 0) yield return Judge("PayoutMatches", chain, c => Payout(spec.Payout, c));
        if (spec.Capabilities is { } bits) yield return Judge("CapabilitiesMatch", chain, c => Capabilities(bits, c));
        if (spec.Stake is { } least) yield return Judge("StakeSuffices", chain, c => Stake(least, c));
        if (spec.Auditors.Count > 0) yield return Judge("Attested", chain, c => Attested(spec.Capabilities ?? c.Capabilities, c, now));
    }

    private static LeaseCondition Judge(string type, RegistryStanding? chain, Func<RegistryStanding, Verdict> judge)
    {
        var verdict = chain switch
        {
            null => new Verdict(ConditionStatus.Unknown, "ChainUnavailable", "The registry cannot be read now."),
            _ when IsZero(chain.Operator) => No("NotRegistered", "The registry has no entry: see Registered."),
            _ => judge(chain),
        };
        return new LeaseCondition(type, verdict.Status, verdict.Reason, verdict.Message);
    }

    private static Verdict PriceBook(RegistryStanding chain)
    {
        if (chain.PriceBook == chain.OwnPriceBook) return Yes("Published", "The price book published last is that of spec.prices.");
        var what = IsZero(chain.PriceBook) ? "No price book is published" : $"The price book published last is {chain.PriceBook}, spec.prices come to {chain.OwnPriceBook}";
        return No(IsZero(chain.PriceBook) ? "NotPublished" : "PriceBookDiffers", $"{what}: Offers are made at spec.prices all the same. Publish it with the provider's key: {chain.Calls.PriceBook}");
    }

    private static Verdict Payout(string wanted, RegistryStanding chain) => Same(wanted, chain.Payout)
        ? Yes("Same", "Earnings are credited to spec.payout.")
        : No("PayoutDiffers", $"Earnings are credited to {chain.Payout}, spec.payout is {wanted}. If that account is not yours, somebody had the provider's key. Else update the entry with it: {chain.Calls.Entry}");

    private static Verdict Capabilities(BigInteger wanted, RegistryStanding chain) => wanted == chain.Capabilities
        ? Yes("Same", "The registry claims what spec.capabilities says.")
        : No("CapabilitiesDiffer", $"The registry claims {BitMap.Text(chain.Capabilities)}, spec.capabilities is {BitMap.Text(wanted)}. Update the entry with the provider's key: {chain.Calls.Entry}");

    private static Verdict Stake(BigInteger least, RegistryStanding chain) => chain.FreeStake >= least
        ? Yes("Enough", "At least as much stake is free as spec.stake says.")
        : No("StakeTooLow", $"{chain.FreeStake} of the stake of {chain.Stake} is free, spec.stake is {least}: leases whose slice is larger than what is free are not matched. Wait until leases have matured, or add what is missing with the provider's key: {chain.Calls.Stake}");

    private static Verdict Attested(BigInteger claimed, RegistryStanding chain, long now)
    {
        var faults = chain.Attestations.Select(a => Fault(a, claimed, now)).OfType<(string Reason, string Message)>().ToArray();
        if (faults.Length > 0) return No(faults[0].Reason, string.Join(' ', faults.Select(f => f.Message)));
        return chain.Attestations.Where(a => a.ExpiresAt - now <= SoonSeconds).ToArray() is { Length: > 0 } ending
            ? Yes("EndsSoon", string.Join(' ', ending.Select(a => $"The attestation of {a.Auditor} ends at {Time(a.ExpiresAt)}: ask for a new one.")))
            : Yes("Attested", "Every auditor of spec.auditors attests what is claimed.");
    }

    private static (string Reason, string Message)? Fault(Attestation word, BigInteger claimed, long now)
    {
        const string Ask = "Ask the auditor, who puts its word on record by attest(address,(address,uint256,uint40,uint40,bytes32),bytes) of the registry.";
        if (word.ExpiresAt == 0) return ("NotAttested", $"{word.Auditor} attests nothing of this provider. {Ask}");
        if (word.ExpiresAt <= now) return ("AttestationEnded", $"The attestation of {word.Auditor} ended at {Time(word.ExpiresAt)}. {Ask}");
        var missing = claimed - (claimed & word.Bits);
        return missing.IsZero ? null : ("CapabilityNotAttested", $"{word.Auditor} does not attest the bits {BitMap.Text(missing)} of what is claimed. {Ask}");
    }

    private static string Time(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);

    private static Verdict Yes(string reason, string message) => new(ConditionStatus.True, reason, message);

    private static Verdict No(string reason, string message) => new(ConditionStatus.False, reason, message);

    private sealed record Verdict(ConditionStatus Status, string Reason, string Message);
}
