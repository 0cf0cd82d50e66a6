using Federation.Host.Options;

namespace Federation.Host.Tests.Support;

/// <summary>A configuration without a fault; nothing that it names needs to run.</summary>
internal static class ValidOptions
{
    private const string Account = "0x0000000000000000000000000000000000000001";

    /// <summary>By configuration key.</summary>
    public static Dictionary<string, string> Pairs => new()
    {
        ["Federation:Datacenter"] = "alpha",
        ["Federation:Listen"] = "http://127.0.0.1:0",
        ["Federation:Prometheus:Url"] = "http://127.0.0.1:1",
        ["Federation:Prometheus:Matchers:job"] = "kubelet",
        ["Federation:Chain:RpcUrl"] = "http://127.0.0.1:1",
        ["Federation:Chain:ChainId"] = "31337",
        ["Federation:Chain:LeaseManager"] = Account,
        ["Federation:Chain:Market"] = Account,
        ["Federation:Chain:Parameters"] = Account,
        ["Federation:Chain:Apps"] = Account,
        ["Federation:Chain:Vault"] = Account,
        ["Federation:Chain:Registry"] = Account,
        ["Federation:Chain:Results"] = Account,
        ["Federation:Chain:Provider"] = Account,
        ["Federation:Chain:RemoteSignerUrl"] = "http://127.0.0.1:1",
        ["Federation:Chain:RemoteSignerAddress"] = Account,
    };

    public static OperatorOptions Make()
    {
        var options = new OperatorOptions { Datacenter = "alpha" };
        options.Prometheus.Url = new Uri("http://127.0.0.1:1");
        options.Prometheus.Matchers["job"] = "kubelet";
        var chain = options.Chain;
        (chain.RpcUrl, chain.ChainId) = (new Uri("http://127.0.0.1:1"), 31337);
        (chain.LeaseManager, chain.Market, chain.Parameters, chain.Apps) = (Account, Account, Account, Account);
        (chain.Vault, chain.Registry, chain.Results, chain.Provider) = (Account, Account, Account, Account);
        (chain.RemoteSignerUrl, chain.RemoteSignerAddress) = (new Uri("http://127.0.0.1:1"), Account);
        return options;
    }
}
