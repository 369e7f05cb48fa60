using System;

namespace Doppel.Devices.Tests.Display;

public sealed class VgaMemoryTests : IDisposable
{
    private readonly VgaRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Write_modes_agree_with_a_model_bit_by_bit()
    {
        Random random = new(5);
        _rig.SetMode(VgaModeTable.Planar640);
        byte[] planes = new byte[4];
        byte[] latches = new byte[4];
        for (int i = 0; i < 50_000; i++)
        {
            byte[] g = new byte[9];
            for (byte r = 0; r < 9; r++)
            {
                g[r] = (byte)(_rig.Get(0x3CE, r) & 0xFF);
            }

            byte index = (byte)random.Next(9);
            byte value = (byte)random.Next(256);
            if (index == 5)
            {
                value &= 0x0B;
            }

            if (index != 6)
            {
                _rig.Set(0x3CE, index, value);
                g[index] = _rig.Get(0x3CE, index);
            }

            byte mask = (byte)random.Next(16);
            _rig.Set(0x3C4, 2, mask);
            if (random.Next(2) == 0)
            {
                byte read = _rig.Peek(0xA_1234);
                planes.CopyTo(latches, 0);
                Assert.Equal(ModelRead(g, latches), read);
            }

            byte written = (byte)random.Next(256);
            _rig.Poke(0xA_1234, written);
            for (int plane = 0; plane < 4; plane++)
            {
                if ((mask >> plane & 1) != 0)
                {
                    planes[plane] = ModelWrite(g, plane, latches[plane], written);
                }
            }

            Assert.Equal(planes, _rig.Memory.Read(0x1234 * 4, 4).ToArray());
        }
    }

    [Fact]
    public void Odd_even_addressing_reaches_two_planes()
    {
        _rig.SetMode(VgaModeTable.Text80);
        _rig.Poke(0xB_8002, 0x41);
        _rig.Poke(0xB_8003, 0x1F);
        Assert.Equal([0x41, 0x1F, 0, 0], _rig.Memory.Read(2 * 4, 4).ToArray());
        Assert.Equal((0x41, 0x1F), (_rig.Peek(0xB_8002), _rig.Peek(0xB_8003)));
        Assert.Equal("-", _rig.Plain);
    }

    [Fact]
    public void Fonts_are_loaded_into_plane_2()
    {
        _rig.SetMode(VgaModeTable.Text80);
        _rig.Set(0x3C4, 2, 4);
        _rig.Set(0x3C4, 4, 7);
        _rig.Set(0x3CE, 4, 2);
        _rig.Set(0x3CE, 5, 0);
        _rig.Set(0x3CE, 6, 4);
        _rig.Poke(0xA_0021, 0x7E);
        Assert.Equal([0, 0, 0x7E, 0], _rig.Memory.Read(0x21 * 4, 4).ToArray());
        Assert.Equal(0x7E, _rig.Peek(0xA_0021));
        Assert.Equal(0xFF, _rig.Peek(0xB_8000));
    }

    [Fact]
    public void Chained_memory_is_plain_memory_only_while_it_behaves_so()
    {
        _rig.SetMode(VgaModeTable.Bytes320);
        Assert.Equal("A0000+10000=0", _rig.Plain);
        foreach ((ushort port, byte index, byte value) in new (ushort, byte, byte)[] { (0x3CE, 1, 1), (0x3CE, 3, 8), (0x3CE, 5, 0x41), (0x3CE, 5, 0x48), (0x3CE, 8, 0x7F), (0x3C4, 2, 7), (0x3C4, 4, 6) })
        {
            byte before = _rig.Get(port, index);
            _rig.Set(port, index, value);
            Assert.Equal("-", _rig.Plain);
            _rig.Set(port, index, before);
            Assert.Equal("A0000+10000=0", _rig.Plain);
        }

        _rig.Set(0x3CE, 6, 1);
        Assert.Equal("A0000+20000=0", _rig.Plain);
        _rig.Out(0x3C2, 0x61);
        Assert.Equal("-", _rig.Plain);
        Assert.Equal(0xFF, _rig.Peek(0xA_0000));
        _rig.Out(0x3C2, 0x63);

        // Through the graphics controller the same bytes are seen.
        _rig.Poke(0xA_0005, 0x77);
        _rig.Set(0x3CE, 8, 0xF0);
        Assert.Equal(0x77, _rig.Peek(0xA_0005));
        _rig.Poke(0xA_0005, 0xCC);
        Assert.Equal(0xC7, _rig.Peek(0xA_0005));
    }

    [Fact]
    public void Super_vga_memory_comes_in_banks()
    {
        _rig.SetMode(VgaModeTable.Text80);
        _rig.SetDispiMode(1024, 768, 16);
        Assert.Equal("A0000+10000=0", _rig.Plain);
        _rig.SetDispi(5, 3);
        Assert.Equal("A0000+10000=30000", _rig.Plain);
        _rig.Poke(0xA_0001, 0x55);
        Assert.Equal(0x55, _rig.Memory.Read(0x3_0001, 1)[0]);
        _rig.SetDispi(4, 0);
        Assert.Equal("-", _rig.Plain);
        Assert.Equal(0, _rig.GetDispi(5));
    }

    [Fact]
    public void Writes_mark_their_pages()
    {
        _rig.SetMode(VgaModeTable.Planar640);
        _ = _rig.Update();
        _rig.Poke(0xA_0000 + 80, 0x80);
        Assert.Equal(1, _rig.Update().Height);
        _rig.Poke(0xA_0000 + 0x9600, 0x80);
        Assert.True(_rig.Update().IsEmpty);
    }

    private static byte ModelRead(byte[] g, byte[] latches)
    {
        if ((g[5] & 8) == 0)
        {
            return latches[g[4] & 3];
        }

        int result = 0;
        for (int bit = 0; bit < 8; bit++)
        {
            bool match = true;
            for (int plane = 0; plane < 4; plane++)
            {
                match &= (g[7] >> plane & 1) == 0 || (latches[plane] >> bit & 1) == (g[2] >> plane & 1);
            }

            result |= match ? 1 << bit : 0;
        }

        return (byte)result;
    }

    private static byte ModelWrite(byte[] g, int plane, byte latch, byte value)
    {
        int mode = g[5] & 3;
        int rotate = g[3] & 7;
        int rotated = ((value >> rotate) | (value << (8 - rotate))) & 0xFF;
        int all = (g[0] >> plane & 1) != 0 ? 0xFF : 0;
        int mask = g[8];
        int data = rotated;
        switch (mode)
        {
            case 0:
                data = (g[1] >> plane & 1) != 0 ? all : rotated;
                break;
            case 1:
                return latch;
            case 2:
                data = (value >> plane & 1) != 0 ? 0xFF : 0;
                break;
            case 3:
                data = all;
                mask &= rotated;
                break;
        }

        data = (g[3] >> 3 & 3) switch
        {
            1 => data & latch,
            2 => data | latch,
            3 => data ^ latch,
            _ => data,
        };
        return (byte)((data & mask) | (latch & ~mask));
    }
}
