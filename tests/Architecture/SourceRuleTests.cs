using System;
using System.Collections.Generic;
using System.Linq;

namespace Doppel.Architecture.Tests;

public sealed class SourceRuleTests
{
    [Fact]
    public void Namespaces_follow_folders() =>
        Report.Empty(Repository.SourceProjects.Concat(Repository.TestProjects).SelectMany(project =>
            Repository.Sources(project.Folder).Where(file => OwnerOf(file) == project).SelectMany(file => SourceRules.NamespaceViolations(file, project))));

    [Fact]
    public void Files_are_small()
    {
        Dictionary<string, string> exceptions = SizeExceptions();
        Report.Empty(AllSources().SelectMany(file => SourceRules.SizeViolations(file, exceptions))
            .Concat(exceptions.Where(entry => entry.Value.Length < 10).Select(entry => entry.Key + " needs a reason in size-exceptions.txt")));
    }

    [Fact]
    public void Names_say_something() => Report.Empty(AllSources().SelectMany(SourceRules.NameViolations));

    [Fact]
    public void Nothing_is_left_over_in_the_sources() => Report.Empty(Repository.Sources("src").SelectMany(SourceRules.LeftoverViolations));

    [Fact]
    public void The_host_is_called_from_its_seam_only() => Report.Empty(Repository.Sources("src").SelectMany(SourceRules.NativeCallViolations));

    [Fact]
    public void No_code_is_made_by_reflection() => Report.Empty(Repository.Sources("src").SelectMany(SourceRules.EmitViolations));

    [Theory]
    [InlineData("DeviceManager")]
    [InlineData("StringUtil")]
    [InlineData("PitHelper")]
    [InlineData("DeviceBase")]
    [InlineData("BaseDevice")]
    [InlineData("CpuImpl")]
    [InlineData("Decoder2")]
    [InlineData("CommonBits")]
    public void An_empty_name_is_found(string name) => Assert.Single(SourceRules.NameViolations(new SourceFile("Ok.cs", $"internal sealed class {name} {{ }}")));

    [Theory]
    [InlineData("BaseAddressRegister")]
    [InlineData("Ps2")]
    [InlineData("Sse2")]
    [InlineData("Crc32")]
    [InlineData("Implicit")]
    [InlineData("Utilisation")]
    public void A_telling_name_passes(string name) => Assert.Empty(SourceRules.NameViolations(new SourceFile("Ok.cs", $"internal readonly record struct {name}(int A);")));

    [Fact]
    public void A_wrong_namespace_is_found()
    {
        ProjectFile project = new("src/Devices/Chipset/Doppel.Devices.Chipset.csproj", "Doppel.Devices.Chipset", [], false);
        Assert.Empty(SourceRules.NamespaceViolations(new SourceFile("src/Devices/Chipset/Pit/Pit8254.cs", "namespace Doppel.Devices.Chipset.Pit;"), project));
        Assert.Single(SourceRules.NamespaceViolations(new SourceFile("src/Devices/Chipset/Pit/Pit8254.cs", "namespace Doppel.Devices.Chipset;"), project));
        Assert.Single(SourceRules.NamespaceViolations(new SourceFile("src/Devices/Chipset/A.cs", "class A { }"), project));
    }

    [Fact]
    public void A_leftover_is_found()
    {
        Assert.Single(SourceRules.LeftoverViolations(new SourceFile("a.cs", "// TO" + "DO later")));
        Assert.Single(SourceRules.LeftoverViolations(new SourceFile("a.cs", "throw new NotImplementedException();")));
        Assert.Empty(SourceRules.LeftoverViolations(new SourceFile("a.cs", "// NotImplementedException is not thrown")));
        Assert.Single(SourceRules.NativeCallViolations(new SourceFile("src/Machine/a.cs", "[LibraryImport(\"libc\")]")));
        Assert.Single(SourceRules.EmitViolations(new SourceFile("src/Machine/a.cs", "using System.Reflection.Emit;")));
    }

    [Fact]
    public void A_long_file_is_found_and_an_idle_exception_too()
    {
        SourceFile longFile = new("a.cs", string.Concat(Enumerable.Repeat("x\n", SourceRules.MaxLines + 1)));
        SourceFile shortFile = new("a.cs", "x\n");
        Dictionary<string, string> exceptions = new(StringComparer.Ordinal) { ["a.cs"] = "a table" };
        Assert.Single(SourceRules.SizeViolations(longFile, new Dictionary<string, string>(StringComparer.Ordinal)));
        Assert.Empty(SourceRules.SizeViolations(longFile, exceptions));
        Assert.Single(SourceRules.SizeViolations(shortFile, exceptions));
    }

    private static IEnumerable<SourceFile> AllSources() => Repository.Sources("src").Concat(Repository.Sources("tests")).Concat(Repository.Sources("bench"));

    private static ProjectFile? OwnerOf(SourceFile file) =>
        Repository.SourceProjects.Concat(Repository.TestProjects).Where(project => file.Path.StartsWith(project.Folder, StringComparison.Ordinal)).MaxBy(project => project.Folder.Length);

    // Lines "path: reason"; '#' starts a comment line.
    private static Dictionary<string, string> SizeExceptions() =>
        Repository.Read("tests/Architecture/size-exceptions.txt").Split('\n')
            .Where(line => line.Contains(':', StringComparison.Ordinal) && !line.StartsWith('#'))
            .ToDictionary(line => line[..line.IndexOf(':', StringComparison.Ordinal)].Trim(), line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim(), StringComparer.Ordinal);
}
