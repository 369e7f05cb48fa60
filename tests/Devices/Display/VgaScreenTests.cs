using System;
using Doppel.Backends;

namespace Doppel.Devices.Tests.Display;

public sealed class VgaScreenTests : IDisposable
{
    private readonly VgaRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_screen_that_nobody_programmed_is_black()
    {
        Assert.Equal(new ScreenArea(0, 0, 720, 400), _rig.Update());
        Assert.Equal(0u, _rig.Pixel(719, 399));
        Assert.True(_rig.Update().IsEmpty);
        Assert.Null(_rig.Screen.ReadText());
    }

    [Fact]
    public void Text_of_80_columns_is_720_by_400()
    {
        Text();
        PutCell(0, 0, 0x41, 0x1E);
        PutCell(79, 24, 0x41, 0x07);
        PutCell(3, 2, 0xC4, 0x07);
        _rig.Update();
        Assert.Equal((720, 400), (_rig.Picture.Width, _rig.Picture.Height));
        Assert.Equal("F1F1F1F10", Dots(0, 0, 0x1E));
        Assert.Equal(Pen(1), _rig.Pixel(1, 0));
        Assert.Equal(Pen(14), _rig.Pixel(0, 15));
        Assert.Equal(Pen(7), _rig.Pixel(79 * 9, 24 * 16));
        Assert.Equal(Pen(7), _rig.Pixel((3 * 9) + 8, 32));
        TextScreen text = _rig.Screen.ReadText()!;
        Assert.Equal((80, 25), (text.Columns, text.Rows));
        Assert.Equal(0x1E41, text.Cells[0]);
        Assert.Equal(0x0741, text.Cells[^1]);
        Assert.True(text.Blinks);
    }

    [Fact]
    public void Text_of_40_columns_has_dots_twice_as_wide()
    {
        Font();
        _rig.SetMode(VgaModeTable.Text40);
        PutCell(39, 0, 0x41, 0x07);
        _rig.Update();
        Assert.Equal((720, 400), (_rig.Picture.Width, _rig.Picture.Height));
        Assert.Equal((Pen(7), Pen(7), Pen(0)), (_rig.Pixel(702, 0), _rig.Pixel(703, 0), _rig.Pixel(704, 0)));
    }

    [Fact]
    public void Only_changed_cells_are_drawn_and_an_idle_screen_not_at_all()
    {
        Text();
        _rig.Update();
        Assert.True(_rig.Update().IsEmpty);
        PutCell(10, 5, 0x41, 0x07);
        Assert.Equal(new ScreenArea(90, 80, 9, 16), _rig.Update());
        PutCell(10, 5, 0x41, 0x07);
        Assert.True(_rig.Update().IsEmpty);
    }

    [Fact]
    public void The_cursor_blinks_and_sits_on_its_lines()
    {
        Text();
        _rig.Set(0x3D4, 0x0E, 0);
        _rig.Set(0x3D4, 0x0F, 81);
        PutCell(1, 1, 0x20, 0x07);
        _rig.Update();
        Assert.Equal(Pen(7), _rig.Pixel(9, 16 + 13));
        Assert.Equal(Pen(7), _rig.Pixel(17, 16 + 14));
        Assert.Equal(Pen(0), _rig.Pixel(9, 16 + 15));
        Assert.Equal(Pen(0), _rig.Pixel(9, 16 + 12));
        _rig.Ports.Time.Advance(8 * 14_300_000);
        Assert.Equal(new ScreenArea(9, 16, 9, 16), _rig.Update());
        Assert.Equal(Pen(0), _rig.Pixel(9, 16 + 13));
        TextScreen text = _rig.Screen.ReadText()!;
        Assert.Equal((1, 1), (text.CursorColumn, text.CursorRow));
        _rig.Set(0x3D4, 0x0A, 0x2D);
        Assert.Equal(-1, _rig.Screen.ReadText()!.CursorColumn);
    }

    [Fact]
    public void Characters_blink_only_while_bit_7_means_that()
    {
        Text();
        PutCell(0, 0, 0x41, 0x87);
        _rig.Ports.Time.Advance(17 * 14_300_000);
        _rig.Update();
        Assert.Equal(Pen(0), _rig.Pixel(0, 0));
        _rig.SetAttribute(0x10, 0x04);
        _rig.Update();
        Assert.Equal((Pen(7), Pen(8)), (_rig.Pixel(0, 0), _rig.Pixel(1, 0)));
    }

    [Fact]
    public void Two_fonts_are_chosen_by_attribute_bit_3()
    {
        Text();
        PlaneByte(2, 0x4000 + (0x41 * 32), 0x0F);
        PutCell(0, 0, 0x41, 0x0F);
        PutCell(1, 0, 0x41, 0x07);
        _rig.Set(0x3C4, 3, 0x04);
        _rig.Update();
        Assert.Equal((Pen(0), Pen(15)), (_rig.Pixel(0, 0), _rig.Pixel(4, 0)));
        Assert.Equal((Pen(7), Pen(0)), (_rig.Pixel(9, 0), _rig.Pixel(10, 0)));
    }

    [Fact]
    public void Underline_shows_on_its_line()
    {
        Text();
        _rig.Set(0x3D4, 0x14, 0x0C);
        PutCell(0, 0, 0x20, 0x01);
        PutCell(1, 0, 0x20, 0x07);
        _rig.Update();
        Assert.Equal((Pen(1), Pen(0), Pen(0)), (_rig.Pixel(4, 12), _rig.Pixel(4, 11), _rig.Pixel(12, 12)));
    }

    [Fact]
    public void The_start_address_scrolls_text_and_the_split_starts_at_0()
    {
        Text();
        PutCell(0, 0, 0x41, 0x07);
        PutCell(0, 3, 0x42, 0x07);
        _rig.Set(0x3D4, 0x0D, 240);
        Assert.Equal(0x42, _rig.Screen.ReadText()!.Cells[0] & 0xFF);
        _rig.Set(0x3D4, 0x18, 0x7F);
        _rig.Set(0x3D4, 0x07, 0x0F);
        _rig.Set(0x3D4, 0x09, 0x0F);
        TextScreen text = _rig.Screen.ReadText()!;
        Assert.Equal(0x42, text.Cells[0] & 0xFF);
        Assert.Equal(0x41, text.Cells[8 * 80] & 0xFF);
        _rig.Update();
        Assert.Equal(Pen(7), _rig.Pixel(0, 128));
    }

    [Fact]
    public void Smooth_scrolling_cuts_the_first_row_and_the_first_dots()
    {
        Text();
        PutCell(0, 0, 0x43, 0x07);
        PutCell(0, 1, 0x41, 0x07);
        _rig.Set(0x3D4, 8, 12);
        _rig.SetAttribute(0x13, 3);
        _rig.Update();
        Assert.Equal((Pen(7), Pen(0)), (_rig.Pixel(0, 4), _rig.Pixel(1, 4)));
        Assert.Equal(26, _rig.Screen.ReadText()!.Rows);
    }

    [Fact]
    public void Mode_13h_is_640_by_400_with_the_colours_of_the_acceptance_picture()
    {
        _rig.SetMode(VgaModeTable.Bytes320);
        Palette(1, 0x00, 0x2A, 0x2A);
        Palette(2, 0x3F, 0x2F, 0x1F);
        _rig.Poke(0xA_0000 + (5 * 320) + 5, 1);
        _rig.Poke(0xA_0000 + (190 * 320) + 50, 2);
        _rig.Update();
        Assert.Equal((640, 400), (_rig.Picture.Width, _rig.Picture.Height));
        Assert.Equal(0x00A8A8u, _rig.Pixel(10, 10));
        Assert.Equal(0x00A8A8u, _rig.Pixel(11, 11));
        Assert.Equal(0xFFBF7Fu, _rig.Pixel(100, 380));
        Assert.Equal(0u, _rig.Pixel(12, 10));
        _rig.Poke(0xA_0000 + 319, 1);
        Assert.Equal(new ScreenArea(638, 0, 2, 2), _rig.Update());
    }

    [Fact]
    public void Mode_X_shows_planes_side_by_side_and_pans()
    {
        _rig.SetMode(VgaModeTable.ModeX);
        for (int plane = 0; plane < 4; plane++)
        {
            _rig.Set(0x3C4, 2, (byte)(1 << plane));
            _rig.Poke(0xA_0000 + 80 + 1, (byte)(10 + plane));
        }

        _rig.Update();
        Assert.Equal((640, 480), (_rig.Picture.Width, _rig.Picture.Height));
        Assert.Equal((VgaRig.Colour(10), VgaRig.Colour(11), VgaRig.Colour(13)), (_rig.Pixel(8, 2), _rig.Pixel(10, 3), _rig.Pixel(14, 2)));
        _rig.Set(0x3D4, 0x0D, 80);
        _rig.SetAttribute(0x13, 2);
        _rig.Update();
        Assert.Equal(VgaRig.Colour(10), _rig.Pixel(6, 0));
    }

    [Fact]
    public void Planar_modes_combine_four_planes()
    {
        _rig.SetMode(VgaModeTable.Planar640);
        _rig.Set(0x3C4, 2, 0x05);
        _rig.Poke(0xA_0000 + 80, 0x81);
        _rig.Set(0x3C4, 2, 0x08);
        _rig.Poke(0xA_0000 + 80, 0x01);
        _rig.Update();
        Assert.Equal((640, 480), (_rig.Picture.Width, _rig.Picture.Height));
        Assert.Equal((Pen(5), Pen(0), Pen(13)), (_rig.Pixel(0, 1), _rig.Pixel(1, 1), _rig.Pixel(7, 1)));
        _rig.SetAttribute(0x12, 0x07);
        _rig.Update();
        Assert.Equal(Pen(5), _rig.Pixel(7, 1));
    }

    [Fact]
    public void A_split_screen_shows_address_0_below_the_line_and_pans_the_upper_part_alone()
    {
        _rig.SetMode(VgaModeTable.Planar640);
        _rig.Poke(0xA_0000, 0x80);
        _rig.Poke(0xA_0000 + 8000, 0x20);
        _rig.Set(0x3D4, 0x0C, 8000 >> 8);
        _rig.Set(0x3D4, 0x0D, 8000 & 0xFF);
        _rig.Set(0x3D4, 0x18, 99);
        _rig.Set(0x3D4, 0x07, 0x2E);
        _rig.Set(0x3D4, 0x09, 0x00);
        _rig.SetAttribute(0x13, 2);
        _rig.SetAttribute(0x10, 0x21);
        _rig.Update();
        Assert.Equal((Pen(15), Pen(0)), (_rig.Pixel(0, 0), _rig.Pixel(2, 0)));
        Assert.Equal((Pen(0), Pen(15)), (_rig.Pixel(0, 99), _rig.Pixel(0, 100)));
    }

    [Fact]
    public void Modes_0Dh_and_CGA_are_doubled_to_640_by_400()
    {
        _rig.SetMode(VgaModeTable.Planar320);
        _rig.Poke(0xA_0000 + 40, 0x40);
        _rig.Update();
        Assert.Equal((640, 400), (_rig.Picture.Width, _rig.Picture.Height));
        Assert.Equal((VgaRig.Colour(15), VgaRig.Colour(15), 0u, 0u), (_rig.Pixel(2, 2), _rig.Pixel(3, 3), _rig.Pixel(4, 2), _rig.Pixel(2, 1)));

        _rig.SetMode(VgaModeTable.Cga4);
        _rig.Poke(0xB_8000, 0x1B);
        _rig.Poke(0xB_8001, 0xC0);
        _rig.Poke(0xB_A000, 0x80);
        _rig.Update(all: true);
        Assert.Equal((640, 400), (_rig.Picture.Width, _rig.Picture.Height));
        uint[] colours = [VgaRig.Colour(0), VgaRig.Colour(0x13), VgaRig.Colour(0x15), VgaRig.Colour(0x17)];
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(colours[i], _rig.Pixel((i * 2) + 1, 1));
        }

        Assert.Equal(colours[3], _rig.Pixel(8, 0));
        Assert.Equal(colours[2], _rig.Pixel(0, 2));

        _rig.SetMode(VgaModeTable.Cga2);
        _rig.Poke(0xB_8000, 0x40);
        _rig.Poke(0xB_A000 + 79, 0x01);
        _rig.Update(all: true);
        Assert.Equal((VgaRig.Colour(0x17), 0u), (_rig.Pixel(1, 0), _rig.Pixel(2, 0)));
        Assert.Equal(VgaRig.Colour(0x17), _rig.Pixel(639, 2));
    }

    [Theory]
    [InlineData(8, new byte[] { 7 }, 0)]
    [InlineData(15, new byte[] { 0x1F, 0x7C }, 0xFF00FF)]
    [InlineData(16, new byte[] { 0xE0, 0x87 }, 0x84FF00)]
    [InlineData(24, new byte[] { 0x11, 0x22, 0x33 }, 0x332211)]
    [InlineData(32, new byte[] { 0x11, 0x22, 0x33, 0xFF }, 0x332211)]
    public void Super_vga_modes_are_shown_pixel_for_pixel(int bits, byte[] pixel, uint expected)
    {
        _rig.SetMode(VgaModeTable.Text80);
        _rig.SetDispiMode(1920, 1080, bits);
        int bytes = (bits + 7) / 8;
        _rig.Memory.Write(((1079L * 1920) + 1919) * bytes, pixel);
        Assert.Equal(new ScreenArea(0, 0, 1920, 1080), _rig.Update());
        Assert.Equal(bits == 8 ? VgaRig.Colour(7) : expected, _rig.Pixel(1919, 1079));
        Assert.True(_rig.Update().IsEmpty);
        _rig.Memory.Write(((10L * 1920) + 4) * bytes, pixel);
        Assert.Equal(new ScreenArea(4, 10, 1, 1), _rig.Update());
        Assert.Null(_rig.Screen.ReadText());
    }

    [Fact]
    public void Super_vga_in_16_colours_uses_planes_and_banks()
    {
        _rig.SetMode(VgaModeTable.Planar640);
        _rig.SetDispiMode(800, 600, 4);
        _rig.Set(0x3C4, 2, 0x0F);
        _rig.Poke(0xA_0000 + 100, 0x80);
        _rig.Update();
        Assert.Equal((800, 600), (_rig.Picture.Width, _rig.Picture.Height));
        Assert.Equal((Pen(15), Pen(0)), (_rig.Pixel(0, 1), _rig.Pixel(1, 1)));
        _rig.SetDispi(9, 1);
        _rig.Update();
        Assert.Equal(Pen(15), _rig.Pixel(0, 0));
    }

    [Fact]
    public void Panning_a_super_vga_mode_moves_the_picture()
    {
        _rig.SetMode(VgaModeTable.Text80);
        _rig.SetDispiMode(640, 480, 32);
        _rig.SetDispi(6, 1024);
        _rig.SetDispi(8, 16);
        _rig.SetDispi(9, 3);
        _rig.Memory.Write(((5L * 1024) + 20) * 4, [1, 2, 3, 0]);
        _rig.Update();
        Assert.Equal(0x030201u, _rig.Pixel(4, 2));
    }

    [Fact]
    public void A_switched_off_screen_is_black_and_comes_back()
    {
        Text();
        PutCell(0, 0, 0x41, 0x07);
        _rig.Update();
        _rig.Set(0x3C4, 1, 0x20);
        Assert.Equal(400, _rig.Update().Height);
        Assert.Equal(0u, _rig.Pixel(0, 0));
        Assert.True(_rig.Update().IsEmpty);
        _rig.Set(0x3C4, 1, 0x00);
        _rig.Update();
        Assert.Equal(Pen(7), _rig.Pixel(0, 0));
    }

    [Fact]
    public void A_palette_change_redraws_everything()
    {
        _rig.SetMode(VgaModeTable.Bytes320);
        _rig.Update();
        Palette(0, 0x3F, 0, 0);
        Assert.Equal(new ScreenArea(0, 0, 640, 400), _rig.Update());
        Assert.Equal(0xFF0000u, _rig.Pixel(100, 100));
    }

    // The pen of an attribute in the text and 640x480 modes, through their palette registers.
    private static uint Pen(int number) => VgaRig.Colour(number == 6 ? 0x14 : number < 8 ? number : 0x30 + number);

    private string Dots(int x, int y, int attribute)
    {
        string text = "";
        for (int i = 0; i < 9; i++)
        {
            text += _rig.Pixel(x + i, y) == Pen(attribute & 15) ? "F" : _rig.Pixel(x + i, y) == Pen(attribute >> 4) ? (i == 8 ? "0" : "1") : "?";
        }

        return text;
    }

    private void Text()
    {
        Font();
        _rig.SetMode(VgaModeTable.Text80);
        _rig.Set(0x3D4, 0x0F, 0xFF);
        _rig.Set(0x3D4, 0x0E, 0xFF);
    }

    // 'A' is stripes of one dot, 'B' and 'C' are full, 0xC4 a line; all else is empty.
    private void Font()
    {
        for (int i = 0; i < 16; i++)
        {
            PlaneByte(2, (0x41 * 32) + i, 0xAA);
            PlaneByte(2, (0x42 * 32) + i, 0xFF);
            PlaneByte(2, (0x43 * 32) + i, 0xFF);
            PlaneByte(2, (0xC4 * 32) + i, 0xFF);
        }
    }

    private void PlaneByte(int plane, int address, byte value) => _rig.Memory.Write((address * 4) + plane, [value]);

    private void PutCell(int column, int row, byte character, byte attribute)
    {
        int columns = _rig.Get(0x3D4, 1) + 1;
        uint at = 0xB_8000u + (uint)(((row * columns) + column) * 2);
        _rig.Poke(at, character);
        _rig.Poke(at + 1, attribute);
    }

    private void Palette(byte index, byte red, byte green, byte blue)
    {
        _rig.Out(0x3C8, index);
        _rig.Out(0x3C9, red);
        _rig.Out(0x3C9, green);
        _rig.Out(0x3C9, blue);
    }
}
