using System;
using System.IO;
using System.Linq;

namespace Doppel.Machine.Tests.Firmware;

public sealed class FirmwareDescriptorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("doppel-descriptors-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Descriptions_are_taken_in_the_order_of_their_names_and_only_those_that_fit()
    {
        Describe("10-arm", "uefi", "aarch64", string.Empty);
        Describe("20-secure", "uefi", "x86_64", "requires-smm");
        Describe("30-bios", "bios", "i386", string.Empty);
        Describe("40-plain", "uefi", "x86_64", "acpi-s3");
        Describe("50-other", "uefi", "x86_64", string.Empty);
        Assert.Equal(["40-plain.fd", "50-other.fd"], Find("uefi"));
        Assert.Equal(["30-bios.fd"], Find("bios"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"interface-types\":\"uefi\",\"targets\":3,\"mapping\":[]}")]
    [InlineData("{\"interface-types\":[\"uefi\"],\"features\":[],\"targets\":[{\"architecture\":\"x86_64\"}],\"mapping\":{\"executable\":{\"filename\":\"/no/such/file\"}}}")]
    public void What_describes_nothing_is_passed_over(string text)
    {
        File.WriteAllText(Path.Combine(_folder, "bad.json"), text);
        Assert.Empty(Find("uefi"));
    }

    private string[] Find(string kind) => [.. FirmwareDescriptors.Find(kind, [_folder, "/no/such/folder"]).Select(path => Path.GetFileName(path)!)];

    private void Describe(string name, string kind, string architecture, string feature)
    {
        string image = Path.Combine(_folder, name + ".fd");
        File.WriteAllBytes(image, [1]);
        File.WriteAllText(Path.Combine(_folder, name + ".json"), $$"""
            {"interface-types": ["{{kind}}"], "features": ["{{feature}}"], "targets": [{"architecture": "{{architecture}}"}],
             "mapping": {"device": "flash", "executable": {"filename": "{{image}}", "format": "raw"} } }
            """);
    }
}
