namespace Federation.Harness.Starting;

/// <summary>The logs of a start that failed, kept beside the state folder, which goes.</summary>
internal static class FailureLogs
{
    /// <summary>Copies all logs, over those of an earlier failure, and returns where they are.</summary>
    internal static string Keep(string stateFolder)
    {
        var kept = stateFolder.TrimEnd('/') + "-failed-logs";
        if (Directory.Exists(kept)) Directory.Delete(kept, recursive: true);
        Directory.CreateDirectory(kept);
        foreach (var folder in Directory.EnumerateDirectories(stateFolder).Select(path => Path.Combine(path, "log"))
            .Append(Path.Combine(stateFolder, "log")).Where(Directory.Exists))
        {
            foreach (var file in Directory.EnumerateFiles(folder))
                File.Copy(file, Path.Combine(kept, Path.GetRelativePath(stateFolder, file).Replace('/', '-')));
        }
        return kept;
    }
}
