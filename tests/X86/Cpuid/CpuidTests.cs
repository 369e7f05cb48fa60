using System;
using System.Linq;
using System.Text;
using Doppel.X86.Cpuid;

namespace Doppel.X86.Tests.Cpuid;

public sealed class CpuidTests
{
    private static readonly CpuidDynamics Running = new(false, 0, true, 2_000_000_000);

    // Signatures as processor databases list them.
    [Theory]
    [InlineData("486", 0x0480u)]
    [InlineData("pentium", 0x052Cu)]
    [InlineData("pentium-mmx", 0x0543u)]
    [InlineData("686", 0x0619u)]
    [InlineData("pentium3", 0x0686u)]
    [InlineData("pentium4", 0x0F29u)]
    [InlineData("x86-64-v2", 0x00B0_0F20u)]
    public void Signatures_decode_to_family_and_model(string name, uint expected) => Assert.Equal(expected, Query(name, 1).Eax);

    [Fact]
    public void Vendor_and_brand_are_spelled_out()
    {
        CpuidResult zero = Query("x86-64", 0);
        Assert.Equal("AuthenticAMD", Text(zero.Ebx, zero.Edx, zero.Ecx));
        Assert.Equal(0xDu, zero.Eax);
        CpuidResult old = Query("pentium3", 0);
        Assert.Equal(("GenuineIntel", 2u), (Text(old.Ebx, old.Edx, old.Ecx), old.Eax));
        string brand = string.Concat(Enumerable.Range(2, 3).Select(i => Query("max", 0x8000_0000 + (uint)i)).Select(r => Text(r.Eax, r.Ebx, r.Ecx, r.Edx)));
        Assert.Equal("Doppel Processor", brand.TrimEnd('\0'));
        CpuidResult hypervisor = Query("max", 0x4000_0000);
        Assert.Equal("DoppelDoppel", Text(hypervisor.Ebx, hypervisor.Ecx, hypervisor.Edx));
        Assert.Equal(2_000_000u, Query("max", 0x4000_0010).Eax);
    }

    // AMD64 manual vol. 3 E.5: cores in one package, the low bits of the APIC id number them.
    [Theory]
    [InlineData(1, 0u)]
    [InlineData(2, 1u)]
    [InlineData(3, 2u)]
    [InlineData(4, 2u)]
    [InlineData(5, 3u)]
    [InlineData(8, 3u)]
    public void Several_processors_are_cores_of_one_package(int processors, uint idBits)
    {
        CpuModel model = CpuModels.Default with { Processors = processors };
        CpuidDynamics last = Running with { ApicId = (uint)processors - 1 };
        CpuidResult one = CpuidLeaves.Query(model, 1, 0, last);
        Assert.Equal((last.ApicId << 24) | ((uint)processors << 16) | 0x800, one.Ebx & 0xFFFF_FF00);
        Assert.Equal(processors > 1, (one.Edx & (1u << 28)) != 0);
        Assert.Equal(processors > 1, (CpuidLeaves.Query(model, 0x8000_0001, 0, last).Ecx & 2) != 0);
        Assert.Equal(((uint)processors - 1) | (idBits << 12), CpuidLeaves.Query(model, 0x8000_0008, 0, last).Ecx);
        Assert.Equal(new CpuidResult(0, 1, 0x100, last.ApicId), CpuidLeaves.Query(model, 0xB, 0, last));
        Assert.Equal(new CpuidResult(idBits, (uint)processors, 0x201, last.ApicId), CpuidLeaves.Query(model, 0xB, 1, last));
        Assert.Equal(0u, CpuidLeaves.Query(model, 0xB, 2, last).Ebx);
    }

    [Fact]
    public void Several_old_processors_are_packages_of_their_own()
    {
        CpuModel model = CpuModels.Find("pentium3") with { Processors = 4 };
        CpuidResult one = CpuidLeaves.Query(model, 1, 0, Running with { ApicId = 3 });
        Assert.Equal(0x0301_0000u, one.Ebx);
        Assert.Equal(0u, one.Edx & (1u << 28));
    }

    [Fact]
    public void Feature_bits_of_known_processors()
    {
        Assert.Equal(0x0000_0001u, Query("486", 1).Edx);
        Assert.Equal(0x0000_03BFu, Query("pentium", 1).Edx);
        Assert.Equal(0x0080_03BFu, Query("pentium-mmx", 1).Edx);
        Assert.Equal(0x0000_F3FFu, Query("pentium-pro", 1).Edx);
        Assert.Equal(0x0383_FBFFu, Query("pentium3", 1).Edx);
        Assert.Equal(0x078B_FBFFu, Query("x86-64-v2", 1).Edx);
        Assert.Equal(0x8098_2201u, Query("x86-64-v2", 1).Ecx);
        Assert.Equal(0x2993_FBFFu, Query("x86-64-v2", 0x8000_0001).Edx);
        Assert.Equal(0x0000_0101u, Query("x86-64-v2", 0x8000_0001).Ecx);
        Assert.Equal(0x001C_0189u, Query("max", 7).Ebx);
        Assert.Equal(4u, Query("max", 7).Ecx);
        Assert.Equal(default, Query("max", 7, 1));
    }

    [Fact]
    public void Running_state_shows()
    {
        CpuModel model = CpuModels.Find("max");
        Assert.Equal(0u, CpuidLeaves.Query(model, 1, 0, Running with { ApicEnabled = false }).Edx & (1 << 9));
        Assert.NotEqual(0u, CpuidLeaves.Query(model, 1, 0, Running with { OsXsave = true }).Ecx & (1 << 27));
        Assert.Equal(5u, CpuidLeaves.Query(model, 1, 0, Running with { ApicId = 5 }).Ebx >> 24);
        Assert.Equal(5u, CpuidLeaves.Query(model, 0xB, 1, Running with { ApicId = 5 }).Edx);
    }

    [Fact]
    public void Leaves_outside_the_range_answer_as_the_vendor_does()
    {
        Assert.Equal(default, Query("x86-64", 0x1000));
        Assert.Equal(default, Query("x86-64", 0x8000_001E));
        Assert.Equal(Query("pentium3", 2), Query("pentium3", 0x1000));
        Assert.Equal(Query("pentium3", 2), Query("pentium3", 0x8000_0000));
        Assert.Equal(0x8000_0004u, Query("pentium4", 0x8000_0000).Eax);
        Assert.Equal(Query("pentium3", 2), Query("pentium3", 0x4000_0000));
    }

    [Fact]
    public void Address_sizes_and_extended_state()
    {
        Assert.Equal(0x3028u, Query("x86-64-v2", 0x8000_0008).Eax);
        Assert.Equal(default, Query("x86-64-v2", 0xD));
        Assert.Equal(new CpuidResult(3, 576, 576, 0), Query("max", 0xD));
        Assert.Equal(0x100u, Query("max", 0x8000_0007).Edx);
        Assert.Equal(0x8000_0021u, Query("max", 0x8000_0000).Eax);
        Assert.Equal(new CpuidResult(0x144, 0, 0, 0), Query("max", 0x8000_0021));
        Assert.Equal(1u << 26, Query("x86-64-v2", 0x8000_0008).Ebx);
        Assert.Equal(0x44u, Query("max,-autoibrs", 0x8000_0021).Eax);
    }

    [Fact]
    public void Models_can_be_changed()
    {
        CpuModel model = CpuModels.Find("x86-64-v2,+aes,-sse4.2,-popcnt");
        Assert.True(model.Has(CpuFeatures.Aes));
        Assert.False(model.Has(CpuFeatures.Sse42));
        Assert.False(model.Has(CpuFeatures.Popcnt));
        Assert.True(model.Has(CpuFeatures.Sse41));
        Assert.Same(CpuModels.Default, CpuModels.Find("X86-64-V2"));
        Assert.Equal(CpuModels.All.Count, CpuModels.All.Select(candidate => candidate.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.Contains("sse42", CpuModels.FeatureNames);
    }

    [Theory]
    [InlineData("pentium5", "There is no CPU model \"pentium5\"")]
    [InlineData("", "There is no CPU model")]
    [InlineData("max,aes", "write +feature or -feature")]
    [InlineData("max,+", "write +feature or -feature")]
    [InlineData("max,+avx", "There is no CPU feature \"avx\"")]
    [InlineData("max,+monitor", "There is no CPU feature \"monitor\"")]
    [InlineData("max,+none", "There is no CPU feature \"none\"")]
    [InlineData("max,-sse2", "cannot be without sse2")]
    [InlineData("pentium,+lm", "lm cannot be without")]
    public void A_wrong_name_is_explained(string name, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<ArgumentException>(() => CpuModels.Find(name)).Message, StringComparison.Ordinal);

    private static CpuidResult Query(string name, uint leaf, uint subleaf = 0) => CpuidLeaves.Query(CpuModels.Find(name), leaf, subleaf, Running);

    private static string Text(params uint[] words) => Encoding.ASCII.GetString([.. words.SelectMany(BitConverter.GetBytes)]);
}
