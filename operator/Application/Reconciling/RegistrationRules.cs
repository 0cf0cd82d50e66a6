using Federation.Application.Ports;
using Federation.Domain.Leases;
using static Federation.Application.Ports.Addresses;

namespace Federation.Application.Reconciling;

/// <summary>
/// Whether the registry says of this datacenter what its Datacenter object says: an ordered list of checks. The operator compares
/// only: the entry is the provider's, whose key it does not hold.
/// </summary>
internal static class RegistrationRules
{
    /// <summary>Reasons that make work impossible, not only new leases.</summary>
    public static bool StopsWork(LeaseCondition registered) => registered is { Status: ConditionStatus.False, Reason: "NotRegistered" or "OperatorKeyDiffers" };

    public static LeaseCondition Check(DatacenterSpec spec, RegistryStanding chain)
    {
        if (IsZero(chain.Operator))
            return No("NotRegistered", $"The registry has no entry of {spec.Provider}: register it with the provider's key, naming the operator key {chain.OwnKey}: {chain.Calls.Entry}");
        if (!Same(chain.Operator, chain.OwnKey))
            return No("OperatorKeyDiffers", $"The registry names the operator key {chain.Operator}, this operator signs with {chain.OwnKey}: nothing that it sends counts. Give the operator the key that is named, or update the entry with the provider's key: {chain.Calls.Entry}");
        if (!chain.IsActive)
            return No("NotActive", $"The registry takes no new leases of this provider; it is activated with the provider's key: {chain.Calls.Activate}");
        if (chain.Endpoint != spec.Endpoint)
            return No("EndpointDiffers", $"Tenants are sent to {chain.Endpoint}, spec.endpoint is {spec.Endpoint}: update the entry with the provider's key: {chain.Calls.Entry}");
        if (chain.Region != spec.Region)
            return No("RegionDiffers", $"The registry says region {chain.Region}, spec.region is {spec.Region}: update the entry with the provider's key: {chain.Calls.Entry}");
        return chain.FreeStake.IsZero
            ? No("NoFreeStake", $"None of the stake of {chain.Stake} is free: where the contracts ask for a slice of it, no lease can be matched. Wait until leases have matured, or add stake{(chain.Calls.Stake.Length > 0 ? $" with the provider's key: {chain.Calls.Stake}" : ": with spec.stake set to what is to be free, this says the call.")}")
            : new LeaseCondition("Registered", ConditionStatus.True, "Registered", "The registry says what this object says.");
    }

    private static LeaseCondition No(string reason, string message) => new("Registered", ConditionStatus.False, reason, message);
}
