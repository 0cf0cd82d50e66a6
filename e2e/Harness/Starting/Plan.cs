using System.Text.Json;

namespace Federation.Harness.Starting;

/// <summary>
/// What a start is about to make, written before it is made, so that the next run can clean up whatever happens.
/// </summary>
/// <param name="NetworkIndex">Which bridge network; null when there are no datacenters to start.</param>
internal sealed record Plan(int? NetworkIndex, IReadOnlyList<string> Datacenters)
{
    internal void Write(string stateFolder)
    {
        var path = PathIn(stateFolder);
        File.WriteAllText(path + ".new", JsonSerializer.Serialize(this));
        File.Move(path + ".new", path, overwrite: true);
    }

    internal static Plan? Read(string stateFolder) =>
        File.Exists(PathIn(stateFolder)) ? JsonSerializer.Deserialize<Plan>(File.ReadAllText(PathIn(stateFolder))) : null;

    private static string PathIn(string stateFolder) => Path.Combine(stateFolder, "plan.json");
}
