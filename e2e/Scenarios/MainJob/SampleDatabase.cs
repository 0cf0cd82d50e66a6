using System.Text;
using Federation.Domain.Leases;
using Federation.Harness.Machine;
using Federation.Scenarios.Harness;
using Federation.Testing.Pages;

namespace Federation.Scenarios.MainJob;

/// <summary>The database of the sample, as its tenant gets at it: by the gateway, with what the wallet signed, and by the password that only the lease's Secret has.</summary>
internal sealed class SampleDatabase(TenantHome home, LeaseId lease) : IDisposable
{
    private const string Secret = "jsonpath={.data.password}";

    private string context = "";
    private string password = "";

    public void Dispose() => home.Dispose();

    /// <summary>As the sample's first lines say.</summary>
    internal async Task KeepPasswordAsync()
    {
        await Eventually.HoldsAsync("a way into the lease", async () =>
        {
            var login = await home.ComputeAsync("login", $"{lease}");
            context = login.Output.Trim();
            return login.ExitCode == 0 ? null : login.Error;
        });
        await Eventually.HoldsAsync("rights in the lease", async () => await KubectlAsync("auth", "can-i", "create", "secrets") is { ExitCode: not 0 } no ? no.Output + no.Error : null);
        await KubectlAsync("config", "use-context", context);
        await home.Reader().FollowAsync(Page.Parse("crds/samples/request-database.yaml", $"```sh\n{Samples.CommandOf("request-database")}\n```\n"));
        password = Encoding.ASCII.GetString(Convert.FromBase64String((await KubectlAsync("get", "secret", "db", "-o", Secret)).Output));
        Assert.Equal(32, password.Length);
    }

    /// <summary>Over TCP, where the password is asked for.</summary>
    internal Task<Command.Result> AskAsync(string statement) => KubectlAsync("exec", "db-0", "--", "psql", $"postgresql://app:{password}@127.0.0.1/app", "-qAtc", statement);

    private Task<Command.Result> KubectlAsync(params string[] arguments) => home.KubectlAsync(["--context", context, .. arguments]);
}
