using Federation.Harness.Machine;

namespace Federation.Harness.Demo;

/// <summary>The spool of a datacenter's only node, as the operator's own program is it.</summary>
internal static class NodeSpool
{
    public static string PartOf(Datacenter datacenter) => $"{datacenter.Name}/spool";

    /// <summary>Starts it, and waits until it keeps samples.</summary>
    /// <returns>Settings of an operator that reads it.</returns>
    public static async Task<Dictionary<string, string>> StartAsync(LocalFederation federation, Datacenter datacenter, string url, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(Path.Combine(federation.StateFolder, datacenter.Name, "spool")).FullName;
        var token = Path.Combine(folder, "token");
        await File.WriteAllTextAsync(token, Guid.NewGuid().ToString(), cancellation);
        Parts.Launch(federation, PartOf(datacenter), DemoDatacenter.OperatorProgram, ["spool"], new Dictionary<string, string>
        {
            ["Spool__Folder"] = Path.Combine(folder, "samples"),
            ["Spool__BearerTokenFile"] = token,
            ["Spool__CgroupRoot"] = $"/{datacenter.CgroupRoot}",
            ["Spool__Listen"] = url,
        });
        using var http = new HttpClient();
        await new Readiness(TimeProvider.System).UntilAsync($"{datacenter.Name}: spool", TimeSpan.FromSeconds(150), async ct =>
        {
            using var answer = await http.GetAsync(new Uri($"{url}/healthz"), ct);
            return answer.IsSuccessStatusCode ? null : await answer.Content.ReadAsStringAsync(ct);
        }, cancellation);
        return new Dictionary<string, string> { ["Federation__Spool__Urls__0"] = url, ["Federation__Spool__BearerTokenFile"] = token };
    }
}
