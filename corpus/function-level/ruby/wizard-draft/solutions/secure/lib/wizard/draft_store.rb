# frozen_string_literal: true

require "base64"
require "json"
require_relative "draft"

module Wizard
  # Drafts as tokens: JSON in which each value that JSON does not have is a pair of a mark
  # and a text.
  module DraftStore
    module_function

    def dump(draft)
      data = [draft.form, draft.step, draft.started_on.iso8601, encode(draft.answers)]
      Base64.urlsafe_encode64(JSON.generate(data), padding: false)
    end

    def load(token)
      data = JSON.parse(Base64.urlsafe_decode64(token), create_additions: false)
      raise InvalidDraft, "no draft" unless data in [String => form, Integer => step, String => date, ["h", Array] => answers]

      Draft.new(form: form, step: step, started_on: Date.iso8601(date), answers: decode(answers))
    rescue ArgumentError, TypeError, JSON::ParserError, EncodingError => e
      raise InvalidDraft, e.message
    end

    def encode(value)
      case value
      when Hash then ["h", value.map { |key, it| [encode(key), encode(it)] }]
      when Array then ["a", value.map { |it| encode(it) }]
      when Symbol then ["s", value.name]
      when Date then ["d", value.iso8601]
      else value
      end
    end

    def decode(value)
      case value
      in ["h", Array => pairs] then pairs.to_h { |key, it| [decode(key), decode(it)] }
      in ["a", Array => items] then items.map { |it| decode(it) }
      in ["s", String => name] then name.to_sym
      in ["d", String => text] then Date.iso8601(text)
      in nil | true | false | Integer | Float | String then value
      else raise InvalidDraft, "no value of a draft"
      end
    end
  end
end
