// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {TypedHash} from "../../src/libraries/TypedHash.sol";
import {Fixture} from "../utils/Fixture.sol";
import {Samples} from "../utils/Samples.sol";
import {Types} from "../utils/Types.sol";
import {Prices, Resources, Terms, Usage} from "../../src/types/Lease.sol";

/// @title vectors/*.json: what Solidity and C# must compute to the bit. Case 0 is all zeroes, case 1 all maxima.
/// @dev Compares the files with what the contracts say now; WRITE_VECTORS=true writes them anew. Struct hashes come from
/// forge's own EIP-712 code and digests are put together here, so the contracts are checked by others' arithmetic.
contract VectorsTest is Fixture {
    uint256 private constant CASES = 8;
    string private _cases;

    function test_Typehashes() external {
        _store("vectors/typehashes.json", _typehashes());
    }

    function test_Offers() external {
        for (uint256 i = 0; i < CASES; ++i) {
            bytes memory message = abi.encode(Samples.offer(i));
            _addDigest(i, Types.offer(), message, _at(i).offerHash(Samples.offer(i)));
        }
        _write("vectors/offers.json");
    }

    function test_Requests() external {
        for (uint256 i = 0; i < CASES; ++i) {
            bytes memory message = abi.encode(Samples.request(i));
            _addDigest(i, Types.request(), message, _at(i).requestHash(Samples.request(i)));
        }
        _write("vectors/requests.json");
    }

    function test_Receipts() external {
        for (uint256 i = 0; i < CASES; ++i) {
            bytes memory message = abi.encode(Samples.receipt(i));
            _addDigest(i, Types.receipt(), message, _at(i).receiptHash(Samples.receipt(i)));
        }
        _write("vectors/receipts.json");
    }

    /// @dev The manager as it would stand on another chain at another address.
    function _at(uint256 i) private returns (ILeaseManager) {
        vm.chainId(_chain(i));
        vm.etch(_contract(i), address(manager).code);
        return ILeaseManager(_contract(i));
    }

    function _chain(uint256 i) private pure returns (uint256) {
        return i % 2 == 0 ? 31337 : 8453 + i;
    }

    function _contract(uint256 i) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("LeaseManager", i)))));
    }

    function test_Leases() external {
        for (uint256 i = 0; i < CASES; ++i) {
            Terms memory terms = Samples.terms(i);
            bytes32 requestHash = bytes32(Samples.word(i, 1));
            uint32 fillIndex = uint32(Samples.word(i, 2));
            string memory id = string.concat(
                _text("requestHash", vm.toString(requestHash)),
                _text("fillIndex", vm.toString(uint256(fillIndex))),
                _text("leaseId", vm.toString(keccak256(abi.encode(requestHash, fillIndex))))
            );
            _add(
                string.concat(
                    id,
                    _raw("terms", vm.serializeJsonType(Types.terms(), abi.encode(terms))),
                    _text("termsHash", vm.toString(manager.hashTerms(terms))),
                    _text("closingReserve", vm.toString(manager.closingReserve(terms)))
                )
            );
        }
        _write("vectors/leases.json");
    }

    function test_Pricing() external {
        for (uint256 i = 0; i < 2 * CASES; ++i) {
            // Half of the cases: everyday sizes, where rounding shows.
            (Prices memory prices, Resources memory resources, Usage memory usage) = i < CASES
                ? (Samples.prices(i), Samples.resources(i), Samples.usage(i))
                : (_smallPrices(i), _resources(), _fullUsage(uint64(i * i * 37)));
            uint256 seconds_ = i < CASES ? uint40(Samples.word(i, 3)) : i * i * 37;
            string memory given = string.concat(
                _raw("prices", vm.serializeJsonType(Types.PRICES, abi.encode(prices))),
                _raw("resources", vm.serializeJsonType(Types.RESOURCES, abi.encode(resources))),
                _raw("usage", vm.serializeJsonType(Types.USAGE, abi.encode(usage))),
                _text("seconds", vm.toString(seconds_))
            );
            _add(
                string.concat(
                    given,
                    _text("price", vm.toString(manager.price(prices, usage))),
                    _text("rateCap", vm.toString(manager.rateCap(prices, resources, seconds_)))
                )
            );
        }
        _write("vectors/pricing.json");
    }

    function _smallPrices(uint256 i) private pure returns (Prices memory) {
        return Prices(uint96(i * 7), uint96(i * 3), uint96(i), uint96(i * 11), uint96(i * 1_013), uint96(i * 501));
    }

    function _typehashes() private pure returns (string memory) {
        return string.concat(
            '{\n  "domainName": "Federation",\n  "domainVersion": "1"',
            _type("Offer", Types.offer(), TypedHash.OFFER_TYPEHASH),
            _type("Request", Types.request(), TypedHash.REQUEST_TYPEHASH),
            _type("UsageReceipt", Types.receipt(), TypedHash.RECEIPT_TYPEHASH),
            _type("Resources", Types.RESOURCES, TypedHash.RESOURCES_TYPEHASH),
            _type("Prices", Types.PRICES, TypedHash.PRICES_TYPEHASH),
            _type("Usage", Types.USAGE, TypedHash.USAGE_TYPEHASH),
            "\n}\n"
        );
    }

    function _type(string memory name, string memory type_, bytes32 hash) private pure returns (string memory) {
        vm.assertEq(hash, keccak256(bytes(type_)), name);
        return string.concat(
            ',\n  "', name, '": { "type": "', type_, '", "typehash": "', vm.toString(hash), '" }'
        );
    }

    function _addDigest(uint256 i, string memory types, bytes memory message, bytes32 digest) private {
        bytes32 structHash = vm.eip712HashStruct(types, message);
        vm.assertEq(digest, keccak256(abi.encodePacked(hex"1901", _domain(i), structHash)), "digest");
        _add(
            string.concat(
                _text("chainId", vm.toString(_chain(i))),
                _text("verifyingContract", vm.toString(_contract(i))),
                _raw("message", vm.serializeJsonType(types, message)),
                _text("structHash", vm.toString(structHash)),
                _text("digest", vm.toString(digest))
            )
        );
    }

    function _domain(uint256 i) private pure returns (bytes32) {
        bytes32 type_ = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        return keccak256(abi.encode(type_, keccak256("Federation"), keccak256("1"), _chain(i), _contract(i)));
    }

    function _text(string memory name, string memory value) private pure returns (string memory) {
        return _raw(name, string.concat('"', value, '"'));
    }

    function _raw(string memory name, string memory json) private pure returns (string memory) {
        return string.concat(',\n    "', name, '": ', json);
    }

    /// @dev `members` begins with the comma that the first member of an object does not have.
    function _add(string memory members) private {
        bytes memory all = bytes(members);
        all[0] = " ";
        _cases = string.concat(_cases, bytes(_cases).length == 0 ? "" : ",\n", "  {", string(all), "\n  }");
    }

    function _write(string memory path) private {
        _store(path, string.concat('{ "cases": [\n', _cases, "\n] }\n"));
    }

    function _store(string memory path, string memory content) private {
        if (vm.envOr("WRITE_VECTORS", false)) vm.writeFile(path, content);
        else vm.assertEq(vm.readFile(path), content, path);
    }
}
