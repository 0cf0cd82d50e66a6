using Federation.Chain.Bindings.AppRegistry;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Bindings.DisputeManager;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.Lens;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Bindings.Parameters;
using Federation.Chain.Bindings.ResultBoard;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Bindings.Vault;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain;

/// <summary>Every custom error that a call of ours can end with: those of the contract called and of those that it calls.</summary>
public static class ContractErrors
{
    public static IReadOnlyList<ErrorAbi> All { get; } =
    [
        .. new[]
        {
            LeaseManagerContract.Errors, MarketContract.Errors, VaultContract.Errors, DatacenterRegistryContract.Errors, ParametersContract.Errors,
            DisputeManagerContract.Errors, ResultBoardContract.Errors, AppRegistryContract.Errors, LensContract.Errors, TestTokenContract.Errors,
        }.SelectMany(e => e).DistinctBy(e => e.Signature),
    ];

    /// <summary>e.g. <c>SeqTooLow(leaseId=0x…, seq=1, last=1)</c>; null when the node refused and not a contract.</summary>
    public static string? Explain(RpcResponseException error) => error.Revert(All)?.Text;

    /// <summary>True when a text of <see cref="Explain"/> is about that error.</summary>
    public static bool Says(string? explained, ErrorAbi error) => explained?.StartsWith(error.Name + "(", StringComparison.Ordinal) == true;

    /// <summary>Name of the error with this selector, or the selector itself.</summary>
    public static string NameOf(byte[] selector) =>
        All.FirstOrDefault(e => e.Matches(selector))?.Name ?? $"unknown error {Hex.Encode(selector)}";
}
