using Federation.Harness.Installing;

namespace Federation.Scenarios.Harness;

/// <summary>An image that is there is taken for one of the same operator alone: whatever else it were, tests would run the operator of yesterday.</summary>
public sealed class OperatorImageTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("federation-image-");

    public OperatorImageTests()
    {
        Write("federation-operator", "a program");
        Write("runtimes/native.so", "a library");
    }

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void SameFiles_AreTheSame_WheneverTheyWereWritten()
    {
        var before = Fingerprint();
        Write("federation-operator", "a program");
        File.SetLastWriteTimeUtc(Path.Combine(folder.FullName, "federation-operator"), DateTime.UnixEpoch);
        Assert.Equal(before, Fingerprint());
    }

    [Fact]
    public void OneByte_OneNameOrOneFile_OrAnotherVersion_MakesItAnother()
    {
        var seen = new HashSet<string> { Fingerprint(), Fingerprint("0.1.1") };
        Write("runtimes/native.so", "a librarz");
        seen.Add(Fingerprint());
        Write("more", "");
        seen.Add(Fingerprint());
        File.Move(Path.Combine(folder.FullName, "more"), Path.Combine(folder.FullName, "moved"));
        seen.Add(Fingerprint());
        File.Delete(Path.Combine(folder.FullName, "runtimes", "native.so"));
        seen.Add(Fingerprint());
        Assert.Equal(6, seen.Count);
    }

    private string Fingerprint(string version = "0.1.0") => OperatorImage.Fingerprint(version, [folder.FullName]);

    private void Write(string name, string text)
    {
        var file = Path.Combine(folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
