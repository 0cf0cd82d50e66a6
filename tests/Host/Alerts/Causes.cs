using System.Text.RegularExpressions;

namespace Federation.Host.Tests.Alerts;

/// <summary>What the page of each alert has to find: the cause that its story has brought about, in the words of who is asked.</summary>
internal static class Causes
{
    /// <summary>By alert, a pattern of what "How to see it" shows.</summary>
    public static readonly IReadOnlyDictionary<string, string> Of = new Dictionary<string, string>
    {
        // What is measured.
        ["FederationCoverageLow"] = """up\{.*job="kubelet".*\} 0""",
        ["FederationGatewayCertificateEnds"] = "notAfter=.*\n+subject=.*localhost",
        ["FederationMeteringFails"] = "cannot be measured now: .*503",
        ["FederationMetricsDropped"] = $"{PlayedTargets.Boundless}{{}} 500",
        ["FederationSpoolAway"] = "[1-9] of [0-9]+ spools do not answer",
        ["FederationSamplesDiscarded"] = """job="tenants".*\} [1-9]""",

        // The operator itself.
        ["FederationEvidenceLost"] = "evidence is not kept yet",
        ["FederationEvidenceNotKept"] = "^False ",
        ["FederationEvidenceOwed"] = "is not kept yet; it is lost if this process ends",
        ["FederationNoLeader"] = "waiting for the chain or the API server",
        ["FederationOperatorAbsent"] = """up\{.*job="federation-operator".*\} 0""",
        ["FederationSettingsRefused"] = "is refused, and what it said before goes on: .*Quotes:Total",
        ["FederationTwoLeaders"] = """federation_leading\{.*\} 1\nfederation_leading\{.*\} 1""",

        // Its key.
        ["FederationAllQuotesRefused"] = """reason="WalletEmpty"\} [1-9][\s\S]*WalletFunded WalletEmpty: """,
        ["FederationIntentsFail"] = "WalletFunded WalletEmpty: ",
        ["FederationTransactionsFail"] = "Intent .*failed: .*was used by another transaction",
        ["FederationWalletLow"] = "^False 0x[0-9a-fA-F]{40} has 0.0000 ether",

        // Its node and webhook.
        ["FederationAdmissionFails"] = """result="timeout"\} [1-9]""",
        ["FederationChainReadsFail"] = "The chain cannot be read: [\\s\\S]*\nFalse ",
        ["FederationChainStandsStill"] = """federation_chain_head_block\{.*\} [1-9][\s\S]*"number":"0x""",
        ["FederationLogsQuarantined"] = "is passed over: ",

        // Its pool.
        ["FederationReorgs"] = "was in block [0-9]+, which a reorg took away",
        ["FederationTransactionsWait"] = "is not mined: replaced by 0x",

        // A tenant's.
        ["FederationTenantAbsent"] = """up\{.*\} 0""",
        ["FederationTenantChainStandsStill"] = """federation_chain_head_block\{.*\} [1-9]""",
        ["FederationTenantEscrowLow"] = "^shop/.* False ",
        ["FederationTenantFailovers"] = """reason="DatacenterSilent"\} [1-9]""",
        ["FederationTenantIntentsFail"] = """kind="topup"\} [1-9][\s\S]*TopUpFailed: """,
        ["FederationTenantNoLeader"] = "waiting for chain and cluster",
        ["FederationTenantRequestPending"] = "  Ready=False (NoQuote|NoDatacenter): ",
        ["FederationTenantSettingsRefused"] = "is refused, and what it said before goes on: .*Log:Level",
        ["FederationTenantWalletLow"] = """federation_wallet_wei\{.*\} 1$""",
    };

    /// <summary>The cause in what a page has found; null: it is not there.</summary>
    public static string? In(string alert, string said) => Regex.Match(said, Of[alert], RegexOptions.Multiline, TimeSpan.FromSeconds(5)) is { Success: true } match ? match.Value : null;
}
