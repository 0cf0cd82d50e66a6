namespace Federation.Scenarios.Docs;

/// <summary>Two strangers follow the pages, to the letter: one from a cluster to a datacenter that earns, the other from a wallet to a lease that is settled.</summary>
[Collection(QuickstartCollection.Name)]
public sealed class QuickstartTests(QuickstartStage stage)
{
    [Fact]
    [Follows("operator/docs/provider-quickstart.md")]
    [Follows("operator/docs/tenant-quickstart.md")]
    [Follows("README.md", "kubectl compute")]
    [Follows("operator/docs/how-to/extend.md")]
    [Follows("operator/docs/how-to/secrets.md")]
    [Follows("operator/docs/how-to/disputes.md", "Look at what a bill rests on")]
    [Follows("operator/docs/how-to/tenants-operator.md")]
    [Follows("operator/docs/how-to/gpu-class.md")]
    [Follows("operator/docs/how-to/rotate-the-key.md")]
    [Follows("operator/docs/how-to/drain.md")]
    [Follows("operator/docs/runbooks/Federation*")]
    public async Task Quickstarts_AndTheirHowTos_AreFollowedToTheLetter()
    {
        // 1. From a cluster and a wallet to a datacenter that sells.
        var (provider, sells) = (await stage.ProviderAsync(), Pages.Read("provider-quickstart.md"));
        await provider.FollowAsync(sells, "What you need", "The image", "Install", "Say what you sell", "Register", "Look whether it is well");

        // 2. From a wallet to a lease that was paid for, by the command line; what else is done to a lease, meanwhile.
        var (tenant, buys) = (await stage.TenantAsync(), Pages.Read("tenant-quickstart.md"));
        await tenant.FollowAsync(buys, "What you need", "The command", "What it costs", "Rent it", "Look inside");
        await tenant.FollowAsync(Pages.Read("how-to", "extend.md"));
        await tenant.FollowAsync(Pages.Read("how-to", "secrets.md"));
        await provider.FollowAsync(sells, "The first lease");
        await tenant.FollowAsync(buys, "End it, and check the bill");
        await tenant.FollowAsync(Pages.At("README.md"), "kubectl compute");
        await tenant.FollowAsync(Pages.Read("how-to", "disputes.md"), "Look at what a bill rests on");

        // 3. The same with kubectl alone.
        await tenant.FollowAsync(Pages.Read("how-to", "tenants-operator.md"));
        await tenant.FollowAsync(buys, "With kubectl alone");

        // 4. What it brought; and where each runbook looks there is something to look at.
        await provider.FollowAsync(sells, "What it earns");
        foreach (var runbook in Pages.Runbooks()) await provider.LookAsync(runbook);

        // 5. The node has GPUs: one side sells them, the other asks what they cost.
        var gpu = Pages.Read("how-to", "gpu-class.md");
        await provider.FollowAsync(gpu, "Sell one");
        await tenant.FollowAsync(gpu, "Choose one");

        // 6. The operator gets another key, and all is well with it.
        await provider.FollowAsync(Pages.Read("how-to", "rotate-the-key.md"));

        // 7. How it is left.
        await provider.FollowAsync(Pages.Read("how-to", "drain.md"));
    }
}
