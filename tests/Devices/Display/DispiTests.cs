using System;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Display;

public sealed class DispiTests : IDisposable
{
    private readonly VgaRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Identities_are_those_of_the_interface()
    {
        Assert.Equal(0xB0C5, _rig.GetDispi(0));
        foreach (int id in new[] { 0xB0C0, 0xB0C4, 0xB0C5 })
        {
            _rig.SetDispi(0, id);
            Assert.Equal(id, _rig.GetDispi(0));
        }

        _rig.SetDispi(0, 0xB0C6);
        Assert.Equal(0xB0C5, _rig.GetDispi(0));
        Assert.Equal(256, _rig.GetDispi(10));
        Assert.Equal(0, _rig.GetDispi(11));
        Assert.Equal(0, _rig.GetDispi(0xFFFF));
    }

    [Fact]
    public void Capabilities_are_read_while_asked_for()
    {
        _rig.SetDispi(1, 800);
        _rig.SetDispi(4, 2);
        Assert.Equal((4096, 4096, 32), (_rig.GetDispi(1), _rig.GetDispi(2), _rig.GetDispi(3)));
        _rig.SetDispi(4, 0);
        Assert.Equal(800, _rig.GetDispi(1));
    }

    [Fact]
    public void Setting_a_mode_clears_its_memory_unless_told_not_to()
    {
        _rig.Memory.Write(100, [1]);
        _rig.Memory.Write(0x20_0000, [2]);
        _rig.SetDispiMode(640, 480, 32, 0xC1);
        Assert.Equal(1, _rig.Memory.Read(100, 1)[0]);
        _rig.SetDispiMode(640, 480, 32);
        Assert.Equal(0, _rig.Memory.Read(100, 1)[0]);
        Assert.Equal(2, _rig.Memory.Read(0x20_0000, 1)[0]);
        Assert.Equal(640, _rig.GetDispi(6));
        Assert.Equal((16 << 20) / (640 * 4), _rig.GetDispi(7));
    }

    [Theory]
    [InlineData(0, 0, 32, 8, 1)]
    [InlineData(805, 601, 16, 800, 601)]
    [InlineData(2560, 1600, 32, 2560, 1600)]
    [InlineData(4096, 4096, 32, 4096, 1024)]
    [InlineData(65535, 65535, 8, 4096, 4096)]
    [InlineData(640, 480, 13, 640, 480)]
    public void Sizes_are_made_to_fit(int width, int height, int bits, int fitWidth, int fitHeight)
    {
        _rig.SetDispiMode(width, height, bits);
        Assert.Equal((fitWidth, fitHeight), (_rig.GetDispi(1), _rig.GetDispi(2)));
        Assert.Equal(bits == 13 ? 8 : bits, _rig.GetDispi(3));
    }

    [Fact]
    public void Offsets_stay_inside_the_memory()
    {
        _rig.SetDispiMode(1024, 768, 32);
        _rig.SetDispi(6, 1280);
        Assert.Equal(1280, _rig.GetDispi(6));
        _rig.SetDispi(8, 100);
        _rig.SetDispi(9, 200);
        Assert.Equal((100, 200), (_rig.GetDispi(8), _rig.GetDispi(9)));
        _rig.SetDispi(9, 65535);
        Assert.InRange(_rig.GetDispi(9), 200, ((16 << 20) / (1280 * 4)) - 767);
        _rig.SetDispi(6, 100);
        Assert.Equal(1024, _rig.GetDispi(6));
    }

    [Fact]
    public void Words_at_the_odd_port_come_in_two_bytes_or_whole()
    {
        _rig.Ports.Out(0x1CE, AccessSize.Word, 1);
        _rig.Ports.Out(0x1CF, AccessSize.Word, 1024);
        Assert.Equal(1024ul, _rig.Ports.In(0x1CF, AccessSize.Word));
        _rig.Out(0x1CF, 0x58);
        Assert.Equal(1024, _rig.GetDispi(1));
        _rig.Out(0x1D0, 0x02);
        Assert.Equal(0x258, _rig.GetDispi(1));
        Assert.Equal(1ul, _rig.Ports.In(0x1CE, AccessSize.Word));
    }

    [Fact]
    public void Registers_are_mapped_in_memory_too()
    {
        _rig.Vga.WriteConfig(0x18, AccessSize.Dword, 0xFEB0_0000);
        _rig.Vga.WriteConfig(4, AccessSize.Word, 2);
        Assert.Equal(0xB0C5ul, _rig.Ports.ReadMmio(0xFEB0_0500, AccessSize.Word));
        _rig.Ports.WriteMmio(0xFEB0_0502, AccessSize.Word, 1280);
        _rig.Ports.WriteMmio(0xFEB0_0504, AccessSize.Word, 720);
        _rig.Ports.WriteMmio(0xFEB0_0506, AccessSize.Word, 32);
        _rig.Ports.WriteMmio(0xFEB0_0508, AccessSize.Word, 0x41);
        Assert.Equal(1280, _rig.GetDispi(6));
        Assert.Equal("A0000+10000=0", _rig.Plain);
        _rig.Ports.WriteMmio(0xFEB0_0404, AccessSize.Word, 0x0F02);
        Assert.Equal(0x0F, _rig.Get(0x3C4, 2));
        Assert.Equal(0x1E1E_1E1Eul, _rig.Ports.ReadMmio(0xFEB0_0604, AccessSize.Dword));
        Assert.Equal(8ul, _rig.Ports.ReadMmio(0xFEB0_0600, AccessSize.Dword));
        _rig.Ports.WriteMmio(0xFEB0_0400, AccessSize.Byte, 0x20);
        _rig.Memory.Write(0, [0, 0x11, 0x22, 0x33]);
        _rig.Ports.WriteMmio(0xFEB0_0604, AccessSize.Dword, 0xBEBE_BEBE);
        _rig.Update();
        Assert.Equal(0x112233u, _rig.Pixel(0, 0));
        Assert.Equal(0xFFFF_FFFFul, _rig.Ports.ReadMmio(0xFEB0_0700, AccessSize.Dword));
    }

    [Fact]
    public void The_monitor_describes_itself()
    {
        _rig.Vga.WriteConfig(0x18, AccessSize.Dword, 0xFEB0_0000);
        _rig.Vga.WriteConfig(4, AccessSize.Word, 2);
        int sum = 0;
        for (uint i = 0; i < 128; i++)
        {
            sum += (int)_rig.Ports.ReadMmio(0xFEB0_0000 + i, AccessSize.Byte);
        }

        Assert.Equal(0, sum & 0xFF);
        Assert.Equal(0xFFFF_FF00ul, _rig.Ports.ReadMmio(0xFEB0_0000, AccessSize.Dword));
        Assert.Equal(0ul, _rig.Ports.ReadMmio(0xFEB0_03FC, AccessSize.Dword));
    }
}
