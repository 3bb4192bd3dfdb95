# frozen_string_literal: true

require "base64"
require_relative "draft"

module Wizard
  # Drafts as tokens: the draft as a literal of the language, which can read it itself.
  module DraftStore
    def self.dump(draft)
      Base64.urlsafe_encode64(literal(draft.to_h), padding: false)
    end

    def self.load(token)
      fields = eval(Base64.urlsafe_decode64(token).force_encoding("UTF-8"))
      raise InvalidDraft, "no draft" unless fields.is_a?(Hash) && fields.keys == Draft.members

      Draft.new(**fields)
    rescue ScriptError, StandardError => e
      raise InvalidDraft, e.message
    end

    def self.literal(value)
      case value
      when Hash then "{#{value.map { |key, it| "#{literal(key)} => #{literal(it)}" }.join(", ")}}"
      when Array then "[#{value.map { |it| literal(it) }.join(", ")}]"
      when Date then "Date.iso8601(#{value.iso8601.inspect})"
      else value.inspect
      end
    end
  end
end
