# frozen_string_literal: true

require "fileutils"
require "rubygems/package"
require "zlib"

# Archives of files that a user chose.
module BackupBundle
  class Error < StandardError; end

  # Names go to no shell, but the title of the backup does.
  def self.pack(folder, names, target)
    raise ArgumentError, "nothing to pack" if names.empty?

    missing = names.reject { |name| File.file?(File.join(folder, name)) }
    raise Error, "there is no #{missing.first}" unless missing.empty?

    IO.popen("gzip > \"#{target}\"", "wb") do |gzip|
      Gem::Package::TarWriter.new(gzip) do |tar|
        names.each do |name|
          content = File.binread(File.join(folder, name))
          tar.add_file_simple(name.b, 0o644, content.bytesize) { |entry| entry.write(content) }
        end
      end
    end
    names.size
  end

  # `Kernel#open` runs what follows a bar.
  def self.entries(archive)
    open(archive, "rb") do |file|
      Zlib::GzipReader.wrap(file) do |gzip|
        Gem::Package::TarReader.new(gzip).map { |entry| entry.full_name.dup.force_encoding(Encoding::UTF_8) }
      end
    end
  rescue SystemCallError, Zlib::Error, Gem::Package::Error => e
    raise Error, e.message
  end
end
