using System;
using Doppel.Devices.Pci;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Display;

public sealed class VgaRegisterTests : IDisposable
{
    private readonly VgaRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(0x3C4, new byte[] { 0x03, 0x3D, 0x0F, 0x3F, 0x0E })]
    [InlineData(0x3CE, new byte[] { 0x0F, 0x0F, 0x0F, 0x1F, 0x03, 0x7B, 0x0F, 0x0F, 0xFF })]
    public void Registers_keep_the_bits_that_exist(ushort port, byte[] masks)
    {
        for (byte i = 0; i < masks.Length; i++)
        {
            _rig.Set(port, i, 0xFF);
            Assert.Equal(masks[i], _rig.Get(port, i));
            _rig.Set(port, i, 0x00);
            Assert.Equal(0, _rig.Get(port, i));
        }

        _rig.Set(port, (byte)masks.Length, 0xFF);
        Assert.Equal(0, _rig.Get(port, (byte)masks.Length));
    }

    [Fact]
    public void The_crtc_answers_at_3Bx_or_3Dx()
    {
        _rig.Out(0x3C2, 0x00);
        _rig.Set(0x3B4, 0x0E, 0x12);
        Assert.Equal(0x12, _rig.Get(0x3B4, 0x0E));
        Assert.Equal(0xFF, _rig.In(0x3D5));
        Assert.Equal(0xFF, _rig.In(0x3DA));
        _rig.Out(0x3C2, 0x01);
        Assert.Equal(0x01, _rig.In(0x3CC));
        Assert.Equal(0x12, _rig.Get(0x3D4, 0x0E));
        Assert.Equal(0xFF, _rig.In(0x3BA));
        _rig.Out(0x3DA, 0x5A);
        Assert.Equal(0x5A, _rig.In(0x3CA));
    }

    [Fact]
    public void Protection_leaves_line_compare_alone()
    {
        _rig.Out(0x3C2, 0x01);
        _rig.Set(0x3D4, 0x11, 0x80);
        for (byte i = 0; i < 8; i++)
        {
            _rig.Set(0x3D4, i, 0xFF);
            Assert.Equal(i == 7 ? 0x10 : 0, _rig.Get(0x3D4, i));
        }

        _rig.Set(0x3D4, 0x11, 0x00);
        _rig.Set(0x3D4, 0x07, 0xEF);
        Assert.Equal(0xEF, _rig.Get(0x3D4, 7));
        Assert.Equal(0, _rig.Get(0x3D4, 0x19));
    }

    [Fact]
    public void The_attribute_controller_alternates_between_index_and_data()
    {
        _rig.Out(0x3C2, 0x01);
        _rig.SetAttribute(0x11, 0xAB);
        _rig.Out(0x3C0, 0x12);
        _rig.Out(0x3C0, 0xFF);
        Assert.Equal(0x3F, _rig.In(0x3C1));
        Assert.Equal(0x12, _rig.In(0x3C0));
        _rig.Out(0x3C0, 0x05);
        _ = _rig.In(0x3DA);
        _rig.Out(0x3C0, 0x31);
        Assert.Equal(0xAB, _rig.In(0x3C1));
        Assert.Equal(0x31, _rig.In(0x3C0));
    }

    [Fact]
    public void The_dac_counts_components_and_tells_its_state()
    {
        _rig.Out(0x3C8, 0xFF);
        foreach (byte value in new byte[] { 0xC1, 0x02, 0x03, 0x04, 0x05, 0x06 })
        {
            _rig.Out(0x3C9, value);
        }

        Assert.Equal(0x01, _rig.In(0x3C8));
        Assert.Equal(0, _rig.In(0x3C7));
        _rig.Out(0x3C7, 0xFF);
        Assert.Equal(3, _rig.In(0x3C7));
        Assert.Equal((1, 2, 3), (_rig.In(0x3C9), _rig.In(0x3C9), _rig.In(0x3C9)));
        Assert.Equal((4, 5, 6), (_rig.In(0x3C9), _rig.In(0x3C9), _rig.In(0x3C9)));
        Assert.Equal(0xFF, _rig.In(0x3C6));
        _rig.Out(0x3C6, 0x0F);
        Assert.Equal(0x0F, _rig.In(0x3C6));
    }

    [Fact]
    public void Half_an_entry_changes_no_colour()
    {
        _rig.Out(0x3C8, 1);
        _rig.Out(0x3C9, 0x3F);
        _rig.Out(0x3C9, 0x3F);
        _rig.Out(0x3C7, 1);
        Assert.Equal(0, _rig.In(0x3C9));
    }

    [Fact]
    public void Eight_bit_colours_keep_what_six_bits_showed()
    {
        _rig.Out(0x3C8, 1);
        foreach (byte value in new byte[] { 0x2A, 0x15, 0x3F })
        {
            _rig.Out(0x3C9, value);
        }

        _rig.SetDispi(4, 0x20);
        _rig.Out(0x3C7, 1);
        Assert.Equal((0xA8, 0x54, 0xFC), (_rig.In(0x3C9), _rig.In(0x3C9), _rig.In(0x3C9)));
        _rig.Out(0x3C8, 1);
        _rig.Out(0x3C9, 0xFF);
        _rig.Out(0x3C9, 0xFF);
        _rig.Out(0x3C9, 0xFF);
        _rig.SetDispi(4, 0);
        _rig.Out(0x3C7, 1);
        Assert.Equal(0x3F, _rig.In(0x3C9));
    }

    [Fact]
    public void Retrace_and_display_follow_the_programmed_timing()
    {
        _rig.SetMode(VgaModeTable.Text80);
        int retrace = 0;
        int blank = 0;
        const int Steps = 20_000;

        // One frame of 449 lines of 900 dots at 28.322 MHz lasts 14,268,060 ns.
        for (int i = 0; i < Steps; i++)
        {
            byte status = _rig.In(0x3DA);
            retrace += status >> 3 & 1;
            blank += status & 1;
            _rig.Ports.Time.Advance(14_268_060 / Steps);
        }

        Assert.InRange(retrace, Steps * 2 / 449 * 9 / 10, (Steps * 2 / 449 * 11 / 10) + 20);
        double shown = 400.0 * 720 / (449 * 900);
        Assert.InRange(blank, (int)(Steps * (1 - shown) * 0.97), (int)(Steps * (1 - shown) * 1.03));
    }

    [Fact]
    public void A_screen_without_a_mode_still_makes_retraces()
    {
        _rig.Out(0x3C2, 0x01);
        int seen = 0;
        for (int i = 0; i < 2_000; i++)
        {
            seen += _rig.In(0x3DA) >> 3 & 1;
            _rig.Ports.Time.Advance(20_000);
        }

        Assert.InRange(seen, 1, 200);
    }

    [Fact]
    public void The_retrace_flag_waits_for_its_clearing()
    {
        _rig.SetMode(VgaModeTable.Text80);
        _rig.Set(0x3D4, 0x11, 0x8E);
        _rig.Set(0x3D4, 0x11, 0x9E);
        _ = _rig.In(0x3C2);
        _rig.Ports.Time.Advance(15_000_000);
        Assert.Equal(0x80, _rig.In(0x3C2) & 0x80);
        _rig.Set(0x3D4, 0x11, 0x8E);
        Assert.Equal(0, _rig.In(0x3C2) & 0x80);
    }

    [Fact]
    public void Reset_clears_registers_and_power_clears_memory()
    {
        _rig.SetMode(VgaModeTable.Bytes320);
        _rig.Poke(0xA_0000, 5);
        _rig.Vga.Reset(ResetKind.Hard);
        Assert.Equal(0, _rig.Get(0x3CE, 8));
        Assert.Equal(5, _rig.Memory.Read(0, 1)[0]);
        Assert.Equal("-", _rig.Plain);
        _rig.Vga.Reset(ResetKind.PowerOn);
        Assert.Equal(0, _rig.Memory.Read(0, 1)[0]);
    }

    [Fact]
    public void The_function_is_the_standard_vga_with_a_rom_that_firmware_maps()
    {
        Assert.Equal(0x1111_1234ul, _rig.Vga.ReadConfig(0, AccessSize.Dword));
        Assert.Equal(0x0300_0002ul, _rig.Vga.ReadConfig(8, AccessSize.Dword));
        Assert.Equal(0x1100_1AF4ul, _rig.Vga.ReadConfig(0x2C, AccessSize.Dword));
        _rig.Vga.WriteConfig(0x10, AccessSize.Dword, uint.MaxValue);
        Assert.Equal(0xFF00_0008ul, _rig.Vga.ReadConfig(0x10, AccessSize.Dword));
        _rig.Vga.WriteConfig(0x18, AccessSize.Dword, uint.MaxValue);
        Assert.Equal(0xFFFF_F000ul, _rig.Vga.ReadConfig(0x18, AccessSize.Dword));
        _rig.Vga.WriteConfig(0x30, AccessSize.Dword, 0xFFFF_FFFE);
        Assert.Equal(0xFFFF_F000ul, _rig.Vga.ReadConfig(0x30, AccessSize.Dword));
        _rig.Vga.WriteConfig(0x30, AccessSize.Dword, 0xFEBE_0001);
        Assert.Null(_rig.RomAt);
        _rig.Vga.WriteConfig(4, AccessSize.Word, 2);
        Assert.Equal(0xFEBE_0000ul, _rig.RomAt);
        _rig.Vga.WriteConfig(0x30, AccessSize.Dword, 0xFEBE_0000);
        Assert.Null(_rig.RomAt);
        Assert.Equal([0x55, 0xAA, 80, 0xFF], _rig.Rom.Read(0, 4).ToArray());
        Assert.IsAssignableFrom<PciFunction>(_rig.Vga);
    }
}
