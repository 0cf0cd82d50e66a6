using Federation.Domain.Leases;
using Federation.Harness.Machine;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>The database of the sample, as its tenant gets at it: by the gateway, with what the wallet signed, and by the password that only the lease's Secret has.</summary>
internal sealed class SampleDatabase(TenantHome home, LeaseId lease) : IDisposable
{
    private const string Password = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

    private string context = "";

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
        await Eventually.HoldsAsync("the database's Secret", async () =>
            await KubectlAsync("create", "secret", "generic", "db", $"--from-literal=password={Password}") is { ExitCode: not 0 } no && !no.Error.Contains("already exists", StringComparison.Ordinal) ? no.Error : null);
    }

    /// <summary>Over TCP, where the password is asked for.</summary>
    internal Task<Command.Result> AskAsync(string statement) => KubectlAsync("exec", "db-0", "--", "psql", $"postgresql://app:{Password}@127.0.0.1/app", "-qAtc", statement);

    private Task<Command.Result> KubectlAsync(params string[] arguments) => home.KubectlAsync(["--context", context, .. arguments]);
}
