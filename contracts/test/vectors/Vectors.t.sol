// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../src/interfaces/IDatacenterRegistry.sol";
import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {IMarket} from "../../src/interfaces/IMarket.sol";
import {Matching} from "../../src/libraries/Matching.sol";
import {OrderHash} from "../../src/libraries/OrderHash.sol";
import {ReceiptHash} from "../../src/libraries/ReceiptHash.sol";
import {Prices, Resources, Terms, Usage, UsageReceipt} from "../../src/types/Lease.sol";
import {Samples} from "../utils/Samples.sol";
import {Types} from "../utils/Types.sol";
import {VectorWriter} from "./VectorWriter.sol";

/// @title vectors/*.json: what Solidity and C# must compute to the bit. Case 0 is all zeroes, case 1 all maxima.
contract VectorsTest is VectorWriter {
    uint256 private constant CASES = 8;

    function test_Typehashes() external {
        string memory signed = string.concat(
            _type("Offer", Types.offer(), OrderHash.OFFER_TYPEHASH),
            _type("Request", Types.request(), OrderHash.REQUEST_TYPEHASH),
            _type("UsageReceipt", Types.receipt(), ReceiptHash.RECEIPT_TYPEHASH),
            _type("Amendment", Types.amendment(), ReceiptHash.AMENDMENT_TYPEHASH),
            _type("ReceiptRoot", Types.ROOT, ReceiptHash.ROOT_TYPEHASH),
            _type("Attestation", Types.ATTESTATION, keccak256(bytes(Types.ATTESTATION)))
        );
        string memory parts = string.concat(
            _type("Resources", Types.RESOURCES, OrderHash.RESOURCES_TYPEHASH),
            _type("Prices", Types.PRICES, OrderHash.PRICES_TYPEHASH),
            _type("Usage", Types.USAGE, ReceiptHash.USAGE_TYPEHASH)
        );
        string memory head = '{\n  "domainName": "Federation",\n  "domainVersion": "1"';
        _store("vectors/typehashes.json", string.concat(head, signed, parts, "\n}\n"));
    }

    function _type(string memory name, string memory type_, bytes32 hash) private pure returns (string memory) {
        vm.assertEq(hash, keccak256(bytes(type_)), name);
        return string.concat(',\n  "', name, '": { "type": "', type_, '", "typehash": "', vm.toString(hash), '" }');
    }

    function test_Offers() external {
        for (uint256 i = 0; i < CASES; ++i) {
            bytes32 digest = IMarket(_at(address(market), i)).offerHash(Samples.offer(i));
            _digestCase(i, Types.offer(), abi.encode(Samples.offer(i)), digest);
        }
        _write("vectors/offers.json");
    }

    function test_Requests() external {
        for (uint256 i = 0; i < CASES; ++i) {
            bytes32 digest = IMarket(_at(address(market), i)).requestHash(Samples.request(i));
            _digestCase(i, Types.request(), abi.encode(Samples.request(i)), digest);
        }
        _write("vectors/requests.json");
    }

    function test_Receipts() external {
        for (uint256 i = 0; i < CASES; ++i) {
            ILeaseManager there = ILeaseManager(_at(address(manager), i));
            UsageReceipt memory receipt = Samples.receipt(i);
            bytes32 digest = there.receiptHash(receipt);
            vm.assertEq(there.leaf(receipt), keccak256(abi.encode(digest)), "leaf");
            string memory members = _digest(i, Types.receipt(), abi.encode(receipt), digest);
            _add(string.concat(members, _word("leaf", there.leaf(receipt))));
        }
        _write("vectors/receipts.json");
    }

    function test_Amendments() external {
        for (uint256 i = 0; i < CASES; ++i) {
            bytes32 digest = ILeaseManager(_at(address(manager), i)).amendmentHash(Samples.amendment(i));
            _digestCase(i, Types.amendment(), abi.encode(Samples.amendment(i)), digest);
        }
        _write("vectors/amendments.json");
    }

    function test_Attestations() external {
        for (uint256 i = 0; i < CASES; ++i) {
            bytes32 digest = IDatacenterRegistry(_at(address(registry), i)).attestationHash(Samples.attestation(i));
            _digestCase(i, Types.ATTESTATION, abi.encode(Samples.attestation(i)), digest);
        }
        _write("vectors/attestations.json");
    }

    /// @dev The tree over i + 1 receipts of this chain and contract: level by level, the hash of each sorted pair; who has no
    /// neighbour goes up as it is. Any shape would do for the contract, which sees proofs alone.
    function test_Roots() external {
        for (uint256 i = 0; i < CASES; ++i) {
            ILeaseManager there = ILeaseManager(_at(address(manager), i));
            bytes32[] memory leaves = new bytes32[](i + 1);
            for (uint256 k = 0; k <= i; ++k) {
                leaves[k] = there.leaf(Samples.receipt(i + k));
            }
            string memory proofs;
            bytes32 root;
            for (uint256 k = 0; k <= i; ++k) {
                bytes32[] memory proof;
                (root, proof) = _prove(leaves, k);
                proofs = string.concat(proofs, k == 0 ? "" : ", ", _list(proof));
            }
            address owner = address(uint160(Samples.word(i, 4)));
            string memory json =
                string.concat('{"provider":"', vm.toString(owner), '","root":"', vm.toString(root), '"}');
            string memory members = _digest(i, Types.ROOT, abi.encode(owner, root), there.rootHash(owner, root), json);
            _add(string.concat(members, _words("leaves", leaves), _raw("proofs", string.concat("[", proofs, "]"))));
        }
        _write("vectors/roots.json");
    }

    function _prove(bytes32[] memory leaves, uint256 index)
        private
        pure
        returns (bytes32 root, bytes32[] memory proof)
    {
        bytes32[] memory level = abi.decode(abi.encode(leaves), (bytes32[]));
        proof = new bytes32[](8);
        uint256 steps = 0;
        for (uint256 size = level.length; size > 1; size = (size + 1) / 2) {
            uint256 neighbour = index ^ 1;
            if (neighbour < size) proof[steps++] = level[neighbour];
            for (uint256 k = 0; k < size; k += 2) {
                level[k / 2] = k + 1 < size ? _pair(level[k], level[k + 1]) : level[k];
            }
            index /= 2;
        }
        assembly ("memory-safe") {
            mstore(proof, steps)
        }
        return (level[0], proof);
    }

    function _pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    /// @dev From case CASES on: everyday sizes, where rounding shows.
    function test_Leases() external {
        for (uint256 i = 0; i < 2 * CASES; ++i) {
            (Terms memory terms, Usage memory usage, uint32 down) = i < CASES
                ? (Samples.terms(i), Samples.usage(i), uint32(Samples.word(i, 5)))
                : (_everydayTerms(i), _fullUsage(uint64(i * 11)), uint32((i - CASES) * 37));
            bytes32 requestHash = bytes32(Samples.word(i, 1));
            uint32 fillIndex = uint32(Samples.word(i, 2));
            string memory id = string.concat(
                _word("requestHash", requestHash),
                _number("fillIndex", fillIndex),
                _word("leaseId", keccak256(abi.encode(requestHash, fillIndex)))
            );
            string memory money = string.concat(
                _number("closingReserve", manager.closingReserve(terms)),
                _raw("usage", vm.serializeJsonType(Types.USAGE, abi.encode(usage))),
                _number("downSeconds", down),
                _number("due", manager.due(terms, usage, down))
            );
            vm.assertEq(manager.hashTerms(terms), keccak256(abi.encode(terms)), "terms");
            _add(
                string.concat(
                    id,
                    _raw("terms", vm.serializeJsonType(Types.terms(), abi.encode(terms))),
                    _word("termsHash", manager.hashTerms(terms)),
                    money
                )
            );
        }
        _write("vectors/leases.json");
    }

    function _everydayTerms(uint256 i) private view returns (Terms memory terms) {
        terms = _terms(_offer(), _request());
        terms.prices.cpu += uint96(i * 1_000_003);
        terms.token = address(uint160(Samples.word(i, 8))); // not where this run happened to put it
        terms.startFee = uint96(i % 3 * 1_000_003);
        terms.noticeSeconds = uint32(i * 61);
        terms.downtimeBps = uint16(i % 4 * 3_333);
        terms.bounty = uint96(i * 101);
    }

    function test_Pricing() external {
        for (uint256 i = 0; i < 2 * CASES; ++i) {
            (Prices memory prices, Resources memory resources, Usage memory usage) = i < CASES
                ? (Samples.prices(i), Samples.resources(i), Samples.usage(i))
                : (_smallPrices(i), _resources(), _fullUsage(uint64(i * i * 37)));
            uint256 seconds_ = i < CASES ? uint40(Samples.word(i, 3)) : i * i * 37;
            string memory given = string.concat(
                _raw("prices", vm.serializeJsonType(Types.PRICES, abi.encode(prices))),
                _raw("resources", vm.serializeJsonType(Types.RESOURCES, abi.encode(resources))),
                _raw("usage", vm.serializeJsonType(Types.USAGE, abi.encode(usage))),
                _number("seconds", seconds_)
            );
            _add(
                string.concat(
                    given,
                    _number("price", manager.price(prices, usage)),
                    _number("rateCap", manager.rateCap(prices, resources, seconds_)),
                    _slice(i, prices, resources)
                )
            );
        }
        _write("vectors/pricing.json");
    }

    function _slice(uint256 i, Prices memory prices, Resources memory resources) private view returns (string memory) {
        uint32 maturity = i < CASES ? uint32(Samples.word(i, 6)) : uint32(i * 601);
        uint16 bps = i < CASES ? uint16(Samples.word(i, 7)) : uint16(i * 777);
        return string.concat(
            _number("maturitySeconds", maturity),
            _number("sliceBps", bps),
            _number("slice", this.slice(prices, resources, maturity, bps))
        );
    }

    /// @dev The library takes its structs from calldata.
    function slice(Prices calldata prices, Resources calldata resources, uint32 maturitySeconds, uint16 sliceBps)
        external
        pure
        returns (uint256)
    {
        return Matching.slice(prices, resources, maturitySeconds, sliceBps);
    }

    function _smallPrices(uint256 i) private pure returns (Prices memory) {
        return Prices(uint96(i * 7), uint96(i * 3), uint96(i), uint96(i * 11), uint96(i * 1_013), uint96(i * 501));
    }
}
